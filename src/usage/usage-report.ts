import type { UsageSum } from '../ports/store.js'

/** What one credential was used for, within an hour or over all time. */
export interface UsageReport {
  readonly requests: number
  readonly refusals: number
  /** How many were refused, by the code of the refusal. */
  readonly refusalsByCode: Readonly<Record<string, number>>
  /** How many there were, by method and route. */
  readonly requestsByRoute: Readonly<Record<string, number>>
  /** Wall clock, milliseconds; null where there was none. */
  readonly lastUsedAtMs: number | null
}

/** Adds sums up. */
export function reportOf(sums: readonly UsageSum[]): UsageReport {
  let requests = 0
  let refusals = 0
  let lastUsedAtMs: number | null = null
  const byCode = new Map<string, number>()
  const byRoute = new Map<string, number>()
  for (const { route, outcome, count, lastUsedAtMs: usedAtMs } of sums) {
    if (count === 0) continue
    requests += count
    byRoute.set(route, (byRoute.get(route) ?? 0) + count)
    lastUsedAtMs = Math.max(lastUsedAtMs ?? 0, usedAtMs)
    if (outcome === 'allowed') continue
    refusals += count
    byCode.set(outcome, (byCode.get(outcome) ?? 0) + count)
  }
  return {
    requests,
    refusals,
    refusalsByCode: toRecord(byCode),
    requestsByRoute: toRecord(byRoute),
    lastUsedAtMs,
  }
}

/** Sums by the hour they are of, the latest hour first. */
export function reportsByHour(
  sums: readonly UsageSum[],
): readonly { readonly hourMs: number; readonly report: UsageReport }[] {
  const hours = new Set(sums.map(({ hourMs }) => hourMs).filter((hourMs) => hourMs !== null))
  return [...hours]
    .sort((a, b) => b - a)
    .map((hour) => ({ hourMs: hour, report: reportOf(sums.filter(({ hourMs }) => hourMs === hour)) }))
}

// A count that was moved elsewhere leaves a zero.
function toRecord(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].filter(([, count]) => count !== 0))
}
