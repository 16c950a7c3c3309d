import type { Clock } from '../../ports/clock.js'
import type { Store, UsageCount, UsageSum } from '../../ports/store.js'

const BATCH_KEPT_MS = 3_600_000
const PRUNE_FROM = 1_024

/** Usage counts in one process. */
export function createUsage(clock: Clock): Pick<Store, 'addUsage' | 'readUsage'> {
  const sums = new Map<string, Map<string, UsageSum>>()
  const batches = new Map<string, number>()
  let pruneAt = PRUNE_FROM

  function add(count: UsageCount, hourMs: number | null): void {
    const ofCredential = sums.get(count.credentialId) ?? new Map<string, UsageSum>()
    sums.set(count.credentialId, ofCredential)
    const key = JSON.stringify([hourMs, count.route, count.outcome])
    const known = ofCredential.get(key)
    ofCredential.set(
      key,
      Object.freeze({
        ...count,
        hourMs,
        count: count.count + (known?.count ?? 0),
        lastUsedAtMs: Math.max(count.lastUsedAtMs, known?.lastUsedAtMs ?? 0),
      }),
    )
  }

  function prune(): void {
    if (batches.size < pruneAt) return
    const overMs = clock.monotonicMs() - BATCH_KEPT_MS
    for (const [id, addedAtMs] of batches) if (addedAtMs < overMs) batches.delete(id)
    pruneAt = Math.max(PRUNE_FROM, batches.size * 2)
  }

  return {
    addUsage({ id, counts, forgetHoursBeforeMs }) {
      if (batches.has(id)) return
      prune()
      batches.set(id, clock.monotonicMs())
      for (const count of counts) {
        add(count, count.hourMs)
        add(count, null)
      }
      for (const credentialId of new Set(counts.map((count) => count.credentialId))) {
        const ofCredential = sums.get(credentialId) ?? new Map<string, UsageSum>()
        for (const [key, { hourMs }] of ofCredential) {
          if (hourMs !== null && hourMs < forgetHoursBeforeMs) ofCredential.delete(key)
        }
      }
    },
    readUsage({ credentialIds, hoursSinceMs = Number.POSITIVE_INFINITY }) {
      const wanted = ({ hourMs }: UsageSum) => hourMs === null || hourMs >= hoursSinceMs
      return credentialIds.flatMap((id) => [...(sums.get(id)?.values() ?? [])].filter(wanted))
    },
  }
}
