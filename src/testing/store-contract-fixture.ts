import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'
import { systemClock } from '../system-clock.js'
import type { ContractCase } from './contract-case.js'
import { type ManualClock, manualClock } from './manual-clock.js'
import { callsOf, type StoreCalls } from './store-contract-calls.js'
import { type EntryMaker, entryMaker } from './store-contract-entries.js'

/**
 * An empty store, open for one case.
 *
 * @example
 * const fixture: StoreFixture = { store, another: async () => myStore(url), close: () => store.close() }
 */
export interface StoreFixture {
  readonly store: Store
  /** Another instance over the same data, as another process would have it. The case that asked for it closes it. */
  another(): Promise<Store>
  /** Closes `store`, and lets go of what is behind it. */
  close(): Promise<void>
}

/** What a case works with. */
export interface StoreKit {
  readonly store: Store
  readonly calls: StoreCalls
  readonly clock: ManualClock
  readonly make: EntryMaker
  /** The first instance, and another one. */
  instances(): Promise<readonly [StoreCalls, StoreCalls]>
  /** Another one, closed again when `use` is done. */
  withAnother(use: (calls: StoreCalls) => Promise<void>): Promise<void>
}

/** A case, before it is known which store it is about. */
export interface StoreCase {
  readonly name: string
  use(kit: StoreKit): Promise<void>
}

/** Puts a case and a store together. */
export function overStore(
  { name, use }: StoreCase,
  open: (clock: Clock) => Promise<StoreFixture>,
): ContractCase {
  return {
    name,
    async run() {
      // It begins now: a store may go by its server's clock instead of the one that it is given.
      const clock = manualClock(Math.floor(systemClock.wallMs()))
      const fixture = await open(clock)
      const others: Store[] = []
      const calls = callsOf(fixture.store)
      const kit: StoreKit = {
        store: fixture.store,
        calls,
        clock,
        make: entryMaker(clock),
        async instances() {
          const other = await fixture.another()
          others.push(other)
          return [calls, callsOf(other)]
        },
        async withAnother(useOther) {
          const other = await fixture.another()
          await useOther(callsOf(other)).finally(() => other.close())
        },
      }
      try {
        await use(kit)
      } finally {
        for (const other of others) await other.close()
        await fixture.close()
      }
    },
  }
}
