import type { Clock } from '../../ports/clock.js'

/** Does what may wait, beside the calls that are answered. */
export interface Housekeeping {
  /** Begins a round where one is due. It is not waited for, and never fails. */
  remind(): void
  /** Resolves once no round is under way. */
  settled(): Promise<void>
}

const INTERVAL_MS = 60_000
const SHORT_INTERVAL_MS = 1_000

/**
 * One round a minute at most, and only while the store is in use: there is no timer. A round that fails is made up for
 * by the next one.
 *
 * @param round - Answers whether it has left something over. The next round then comes sooner.
 */
export function createHousekeeping(clock: Clock, round: () => Promise<boolean>): Housekeeping {
  let dueAtMs = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined

  async function begin(): Promise<void> {
    try {
      if (await round()) dueAtMs = clock.monotonicMs() + SHORT_INTERVAL_MS
    } catch {
      // Nobody waits for it, and nothing was lost.
    }
  }

  return {
    remind() {
      const nowMs = clock.monotonicMs()
      if (underWay !== undefined || nowMs < dueAtMs) return
      dueAtMs = nowMs + INTERVAL_MS
      underWay = begin().finally(() => {
        underWay = undefined
      })
    },
    settled: async () => underWay,
  }
}
