import type { Clock, Credential, CredentialLookup } from 'sallyport'
import type { MemoryStore } from 'sallyport/stores/memory'
import { type ManualClock, manualClock } from '../support/clock.js'

/** What every store of the package does: finding, claiming, issuing and revoking. */
export type IssuingStore = Pick<MemoryStore, keyof MemoryStore>

/** What a store must supply for this suite to reach it. */
export interface StoreHarness {
  readonly name: string
  /** Opens an empty store that goes by `clock`. */
  open(clock: Clock): Promise<{ readonly store: IssuingStore; close(): Promise<void> }>
}

/** A store that is open for one test, and its time. */
interface StoreKit {
  readonly store: IssuingStore
  readonly clock: ManualClock
  find(lookup: CredentialLookup): Promise<Credential | undefined>
  /** Claims for so many milliseconds by the wall clock. */
  claim(key: string, lifeMs: number): Promise<boolean>
}

const OPTIONS = { signal: new AbortController().signal }

export async function withStore(
  { open }: StoreHarness,
  use: (kit: StoreKit) => Promise<void>,
): Promise<void> {
  const clock = manualClock()
  const { store, close } = await open(clock)
  try {
    await use({
      store,
      clock,
      find: async (lookup) => (await store.findCredential(lookup, OPTIONS)) ?? undefined,
      claim: async (key, lifeMs) => store.claim(key, clock.wallMs() + lifeMs, OPTIONS),
    })
  } finally {
    await close()
  }
}
