import type { Clock } from '../../ports/clock.js'
import type { Store } from '../../ports/store.js'

const MAX_CLAIMS = 1_000_000

interface Claim {
  /** When it is over by the monotonic clock, from what it had left by the wall clock when it was made. */
  readonly untilMs: number
  /** When it is over by the wall clock. */
  readonly expiresAtMs: number
}

const LEAST_PRUNING_INTERVAL_MS = 1_000
const PRUNE_FROM = 1_024

/** Single use in one process. A claim is over when both clocks say so: one that is stepped, either way, neither forgets nor revives anything. */
export function createClaims(clock: Clock): Store['claim'] {
  const claims = new Map<string, Claim>()
  let pruneAt = PRUNE_FROM
  let prunedAtMs = Number.NEGATIVE_INFINITY

  const isOver = ({ untilMs, expiresAtMs }: Claim) =>
    untilMs <= clock.monotonicMs() && expiresAtMs <= clock.wallMs()

  // The work is spread: at twice what was left the last time, and where the store is full once a second at most.
  function prune(nowMs: number): void {
    if (claims.size < Math.min(pruneAt, MAX_CLAIMS)) return
    if (claims.size >= MAX_CLAIMS && nowMs - prunedAtMs < LEAST_PRUNING_INTERVAL_MS) return
    for (const [key, claim] of claims) {
      if (isOver(claim)) claims.delete(key)
    }
    prunedAtMs = nowMs
    pruneAt = Math.max(PRUNE_FROM, claims.size * 2)
  }

  return (key, expiresAtMs) => {
    const known = claims.get(key)
    if (known !== undefined && !isOver(known)) return false
    const nowMs = clock.monotonicMs()
    prune(nowMs)
    if (claims.size >= MAX_CLAIMS) throw new Error(`more than ${MAX_CLAIMS} claims are held at once`)
    claims.set(key, { untilMs: nowMs + Math.max(0, expiresAtMs - clock.wallMs()), expiresAtMs })
    return true
  }
}
