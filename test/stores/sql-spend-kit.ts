/** What tests of spending in SQL databases have in common. */
import type { Client } from 'pg'
import type { SqlStore } from 'sallyport/stores/sql'
import { expect, vi } from 'vitest'
import { type SpendCalls, spendCallsOf } from '../../src/testing/spend-store-contract-calls.js'
import { type SpendMaker, spendMaker, take } from '../../src/testing/spend-store-contract-making.js'
import { manualClock } from '../support/clock.js'

export { type SpendCalls, spendCallsOf, take }

/** Makes reservations and decisions that are like no others. */
export function newMaker(): SpendMaker {
  return spendMaker(manualClock())
}

/** What becomes of `count` reservations of one unit each that are asked for at the same time, by turns. */
export async function outcomesOf(stores: readonly SqlStore[], count: number, limit: bigint, key: string) {
  const make = newMaker()
  const calls = stores.map(spendCallsOf)
  // The tables are there, and the connections open.
  await Promise.all(calls.map(({ sum }) => sum(key)))
  const asked = Array.from({ length: count }, () =>
    make.reservation({ amount: 1n, takes: [take(key, limit)] }),
  )
  const made = await Promise.all(
    asked.map((one, at) => calls[at % calls.length]?.reserve(make.decision(), one)),
  )
  return made.map((one) => one?.decision.outcome)
}

/** Resolves once so many sessions of the database wait for a lock. */
export async function untilWaiting(watcher: Client, count: number): Promise<void> {
  await vi.waitFor(async () => {
    const { rows } = await watcher.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    expect(rows).toHaveLength(count)
  })
}
