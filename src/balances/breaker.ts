import { DeadlinePassed } from '../deadline.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import { soundClock, systemClock } from '../system-clock.js'
import type { Guard } from './guard.js'

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

/** What an upstream must have had before a deadline that ran down elsewhere too counts against it. */
const FAIR_MS = 500

/**
 * Stops calling an upstream that keeps failing, so that callers are told at once. After `openMs` a single call probes:
 * its success closes the breaker, its failure opens it again. An {@link UnusableAnswer} counts as an answer, and a call
 * that was ended before the upstream had a fair chance counts as nothing.
 */
export function breaker(options: BreakerOptions = {}): Guard {
  const { failures = 5, openMs = 2_000 } = options
  const clock = soundClock(options.clock ?? systemClock)
  let failed = 0
  let openedAtMs = 0
  let probing = false

  return async (callOptions, call) => {
    const open = failed >= failures
    const beganAtMs = clock.monotonicMs()
    if (open && (probing || beganAtMs - openedAtMs < openMs)) {
      throw new Error('the upstream keeps failing and is left alone for a moment')
    }
    probing = open
    try {
      const answer = await call(callOptions)
      failed = 0
      return answer
    } catch (error) {
      const nowMs = clock.monotonicMs()
      if (error instanceof UnusableAnswer) failed = 0
      else if (hadItsChance(callOptions, nowMs - beganAtMs)) {
        failed++
        openedAtMs = nowMs
      }
      throw error
    } finally {
      if (open) probing = false
    }
  }
}

// A caller who gave up says nothing of the upstream, nor does a deadline that ran down while the call stood in a queue.
// A call that never queued still knows its `timeoutMs`, and the upstream had the whole of it.
function hadItsChance({ signal, timeoutMs }: CallOptions, hadMs: number): boolean {
  if (!signal.aborted) return true
  return signal.reason instanceof DeadlinePassed && (timeoutMs !== undefined || hadMs >= FAIR_MS)
}
