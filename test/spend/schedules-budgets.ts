import type { Take } from '../../src/ports/spend-store.js'

/** How long a day of these schedules is. */
export const DAY_MS = 10_000
const ROLLING_MS = 8_000
const STEP_MS = 1_000
// The clock is set back by less than this.
const KEPT_BEHIND_MS = 6_000

/** What is taken of every budget at a moment, at most so many units each. */
export function takesAt(nowMs: number, prefix: string, unit: bigint): readonly Take[] {
  const dayMs = Math.floor(nowMs / DAY_MS) * DAY_MS
  const fromMs = Math.floor((nowMs - ROLLING_MS) / STEP_MS) * STEP_MS
  const lifetime = { atMs: 0, fromMs: 0, toMs: 0, keepFromMs: 0 }
  return [
    {
      key: `${prefix} day`,
      measures: 'amount',
      ...{ atMs: dayMs, fromMs: dayMs, toMs: dayMs, keepFromMs: dayMs - DAY_MS },
      limit: 60n * unit,
    },
    {
      key: `${prefix} rolling`,
      measures: 'amount',
      atMs: Math.floor(nowMs / STEP_MS) * STEP_MS,
      ...{ fromMs, toMs: Number.MAX_SAFE_INTEGER, keepFromMs: fromMs - KEPT_BEHIND_MS },
      limit: 50n * unit,
    },
    { key: `${prefix} ever`, measures: 'amount', ...lifetime, limit: 150n * unit },
    { key: `${prefix} times`, measures: 'count', ...lifetime, limit: 9n },
    { key: `${prefix} uses`, measures: 'use', ...lifetime, limit: 7n },
  ]
}
