import type { Clock } from '../ports/clock.js'
import type { NewDecision, NewReservation, Reserved, SpendStore } from '../ports/spend-store.js'
import { systemClock } from '../system-clock.js'
import type { ContractCase } from './contract-case.js'
import { type ManualClock, manualClock } from './manual-clock.js'
import { type SpendCalls, spendCallsOf } from './spend-store-contract-calls.js'
import { type SpendMaker, spendMaker } from './spend-store-contract-making.js'

/**
 * An empty store of what spending is decided with, open for one case.
 *
 * @example
 * const fixture: SpendStoreFixture = { store, another: async () => myStore(url, { clock }), close: () => store.close() }
 */
export interface SpendStoreFixture {
  readonly store: SpendStore
  /** Another instance over the same data, as another process would have it. */
  another(): Promise<SpendStore>
  /** Closes every instance, and lets go of what is behind them. */
  close(): Promise<void>
}

/** What a case works with. */
export interface SpendKit {
  readonly calls: SpendCalls
  readonly clock: ManualClock
  readonly make: SpendMaker
  /** The first instance, and another one. */
  instances(): Promise<readonly [SpendCalls, SpendCalls]>
  /** Reserves, by a decision of its own. */
  reserve(
    rest: Partial<NewReservation>,
    decision?: Partial<NewDecision>,
    instance?: SpendCalls,
  ): Promise<Reserved>
}

/** A case, before it is known which store it is about. */
export interface SpendCase {
  readonly name: string
  use(kit: SpendKit): Promise<void>
}

/** Puts a case and a store together. */
export function overSpendStore(
  { name, use }: SpendCase,
  open: (clock: Clock) => Promise<SpendStoreFixture>,
): ContractCase {
  return {
    name,
    async run() {
      const clock = manualClock(Math.floor(systemClock.wallMs()))
      const fixture = await open(clock)
      const calls = spendCallsOf(fixture.store)
      const make = spendMaker(clock)
      const kit: SpendKit = {
        calls,
        clock,
        make,
        instances: async () => [calls, spendCallsOf(await fixture.another())],
        reserve: (rest, decision, instance = calls) =>
          instance.reserve(make.decision(decision), make.reservation(rest)),
      }
      try {
        await use(kit)
      } finally {
        await fixture.close()
      }
    },
  }
}
