import type { BalanceSource } from '../ports/balance-source.js'
import type { Clock } from '../ports/clock.js'
import { systemClock } from '../system-clock.js'

/** When a failing upstream is left alone. */
export interface BreakerOptions {
  /** Failures in a row that open the breaker. Default 5. */
  readonly failures?: number
  /** How long it stays open before one call may probe, in milliseconds. Default 2000. */
  readonly openMs?: number
  readonly clock?: Clock
}

/**
 * The upstream answered, but this answer cannot be used. That is no sign of its being ill: what one wallet holds must not
 * close the upstream to all others.
 */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer'
}

/**
 * Stops calling an upstream that keeps failing, so that callers are told at once. After `openMs` a single call probes:
 * its success closes the breaker, its failure opens it again. An {@link UnusableAnswer} counts as an answer.
 */
export function breaker(source: BalanceSource, options: BreakerOptions = {}): BalanceSource {
  const { failures = 5, openMs = 2_000, clock = systemClock } = options
  let failed = 0
  let openedAtMs = 0
  let probing = false

  async function guarded<T>(call: () => T | Promise<T>): Promise<T> {
    const open = failed >= failures
    if (open && (probing || clock.monotonicMs() - openedAtMs < openMs)) {
      throw new Error('the upstream keeps failing and is left alone for a moment')
    }
    probing = open
    try {
      const answer = await call()
      failed = 0
      return answer
    } catch (error) {
      failed = error instanceof UnusableAnswer ? 0 : failed + 1
      openedAtMs = clock.monotonicMs()
      throw error
    } finally {
      if (open) probing = false
    }
  }

  return {
    read: (query, callOptions) => guarded(() => source.read(query, callOptions)),
    readMint: (mint, callOptions) => guarded(() => source.readMint(mint, callOptions)),
  }
}
