import type { Dependency } from '../decision.js'
import type { Clock } from '../ports/clock.js'
import { describeCause } from './redact.js'

/** Tells the process of an outage, without URLs and credentials. */
export type WarnOfOutage = (dependency: Dependency | 'policy', cause: unknown) => void

const WARNING_INTERVAL_MS = 10_000

/** Makes what warns: at most once every ten seconds, however many requests meet the outage. Never throws. */
export function createOutageWarner(clock: Clock): WarnOfOutage {
  let lastMs = Number.NEGATIVE_INFINITY
  let unsaid = 0

  function warn(dependency: Dependency | 'policy', cause: unknown): void {
    const nowMs = clock.monotonicMs()
    if (nowMs - lastMs < WARNING_INTERVAL_MS) {
      unsaid++
      return
    }
    const more = unsaid === 0 ? '' : ` (and ${unsaid} more since the last warning)`
    lastMs = nowMs
    unsaid = 0
    process.emitWarning(`${dependency} could not answer: ${describeCause(cause)}${more}`, 'SallyportOutage')
  }

  return (dependency, cause) => {
    try {
      warn(dependency, cause)
    } catch {
      // What watches a decision must not be able to change it.
    }
  }
}
