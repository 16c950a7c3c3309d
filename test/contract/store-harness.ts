import type { Clock, ManagedStore } from 'sallyport'
import type { SpendStore } from '../../src/ports/spend-store.js'
import type { SpendStoreFixture } from '../../src/testing/spend-store-contract.js'
import type { StoreFixture } from '../../src/testing/store-contract.js'

/** What a store must supply for the contracts to reach it. */
export interface StoreHarness {
  readonly name: string
  /** The server that it needs; where there is none its suites are skipped. */
  readonly server?: 'postgres' | 'redis'
  /** Opens an empty store that goes by `clock`. */
  open(clock: Clock): Promise<ManagedFixture>
}

/** A store of ours: one whose credentials can be managed, and that spending is decided with. */
export interface ManagedFixture extends StoreFixture {
  readonly store: ManagedStore & SpendStore
  another(): Promise<ManagedStore & SpendStore>
}

/** What the contract of spending opens: closed, it closes every instance. */
export async function openSpendStore({ open }: StoreHarness, clock: Clock): Promise<SpendStoreFixture> {
  const { store, another, close } = await open(clock)
  const others: ManagedStore[] = []
  return {
    store,
    async another() {
      const other = await another()
      others.push(other)
      return other
    },
    async close() {
      for (const other of others) await other.close()
      await close()
    },
  }
}
