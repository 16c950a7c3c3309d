import type { Clock, ManagedStore } from 'sallyport'
import type { StoreFixture } from '../../src/testing/store-contract.js'

/** What a store must supply for the contracts to reach it. */
export interface StoreHarness {
  readonly name: string
  /** The server that it needs; where there is none its suites are skipped. */
  readonly server?: 'postgres' | 'redis'
  /** Opens an empty store that goes by `clock`. */
  open(clock: Clock): Promise<ManagedFixture>
}

/** A store of ours: one whose credentials can be managed. */
export interface ManagedFixture extends StoreFixture {
  readonly store: ManagedStore
}
