import type { Credential, CredentialLookup, ManagedStore } from 'sallyport'
import { ALICE, BOB } from '../support/addresses.js'
import { type ManualClock, manualClock } from '../support/clock.js'
import { digestOf } from '../support/records.js'
import type { StoreHarness } from './store-harness.js'

/** A store that is open for one test, and its time. */
export interface ManagerKit {
  readonly store: ManagedStore
  readonly clock: ManualClock
  find(lookup: CredentialLookup): Promise<Credential | undefined>
}

/** How a test opens a store: it is closed whatever becomes of the test. */
export type WithStore = (use: (kit: ManagerKit) => Promise<void>) => Promise<void>

const OPTIONS = { signal: new AbortController().signal }

export const withStoreOf =
  ({ open }: StoreHarness): WithStore =>
  async (use) => {
    const clock = manualClock()
    const { store, close } = await open(clock)
    try {
      await use({
        store,
        clock,
        find: async (lookup) => (await store.findCredential(lookup, OPTIONS)) ?? undefined,
      })
    } finally {
      await close()
    }
  }

export const byKey = (key: string) => ({ kind: 'apiKey', digest: digestOf(key) }) as const
export const byKeyId = (keyId: string) => ({ kind: 'sharedSecret', keyId }) as const

/** How everything is refused that is malformed. */
export const REFUSED = { name: 'GateError', code: 'ERR_GATE_OPTIONS' }

/** What is found of a grant. */
export const GRANT = {
  accountId: 'robots-inc',
  wallets: [ALICE, BOB],
  role: 'enterprise',
  scopes: ['proofs:read', 'proofs:write'],
  environment: 'production',
  expiresAtMs: 1_900_000_000_000,
}

/** As much as can be granted: a name and a maker are shown, and concern no gate. */
export const FULL_GRANT = { ...GRANT, name: 'Night shift 💡', createdBy: 'ops@example.com' }
