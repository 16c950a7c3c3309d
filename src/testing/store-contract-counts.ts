import assert from 'node:assert/strict'
import type { UsageBatch, UsageCount, UsageSum } from '../ports/store.js'
import type { StoreKit } from './store-contract-fixture.js'

/** A whole hour, long before now. */
export const HOUR = 1_700_002_800_000
const ROUTE = 'GET /v1/proofs/:id'

/** Only what is kept is counted. */
export async function credential({ calls, make }: StoreKit): Promise<string> {
  const entry = make.key()
  await calls.add(entry)
  return entry.id
}

/** A batch that lets every hour be kept, unless it says otherwise. */
export function batch(id: string, counts: readonly UsageCount[], forgetHoursBeforeMs = 0): UsageBatch {
  return { id, counts, forgetHoursBeforeMs }
}

/** So many times allowed on one route within one hour, unless `rest` says otherwise. */
export function count(credentialId: string, times: number, rest: Partial<UsageCount> = {}): UsageCount {
  const common = { hourMs: HOUR, route: ROUTE, outcome: 'allowed', lastUsedAtMs: HOUR + 1 }
  return { ...common, ...rest, credentialId, count: times }
}

/** What counts of the same thing come to, over all time unless `rest` says otherwise. */
export function sum(credentialId: string, times: number, rest: Partial<UsageSum> = {}): UsageSum {
  return { ...count(credentialId, times), hourMs: null, ...rest }
}

/** That these are the sums, in whatever order. */
export function same(sums: readonly UsageSum[], expected: readonly UsageSum[]): void {
  assert.deepEqual(inOrder(sums), inOrder(expected))
}

function inOrder(sums: readonly UsageSum[]): readonly string[] {
  return sums
    .map(({ credentialId, hourMs, route, outcome, count: times, lastUsedAtMs }) =>
      JSON.stringify([credentialId, route, outcome, hourMs, times, lastUsedAtMs]),
    )
    .toSorted()
}
