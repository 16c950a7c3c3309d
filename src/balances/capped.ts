import type { CallOptions } from '../ports/call-options.js'
import type { Guard } from './guard.js'

/** How much may be asked of one upstream at a time. */
export interface CapOptions {
  /** Calls in flight. Default 32. */
  readonly maxInFlight?: number
  /** Calls waiting for a place; beyond that a call is refused at once. Default 1000. */
  readonly maxWaiting?: number
}

/**
 * Bounds the calls that an upstream sees at once. A call that waits is still under its caller's deadline: it leaves the
 * queue when its signal is aborted.
 */
export function capped(options: CapOptions = {}): Guard {
  const { maxInFlight = 32, maxWaiting = 1_000 } = options
  const waiting = new Set<() => void>()
  let inFlight = 0

  function takePlace({ signal }: CallOptions): Promise<void> | undefined {
    // An abort that has been is not told again: whoever queued after it would never leave.
    signal.throwIfAborted()
    if (inFlight < maxInFlight) {
      inFlight++
      return undefined
    }
    if (waiting.size >= maxWaiting) throw new Error(`${maxWaiting} calls are already waiting`)
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(enter)
        reject(signal.reason)
      }
      const enter = () => {
        waiting.delete(enter)
        signal.removeEventListener('abort', leave)
        resolve()
      }
      waiting.add(enter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  // A place that is given up goes to the next in line without being counted down and up.
  function givePlace(): void {
    const [next] = waiting
    if (next === undefined) inFlight--
    else next()
  }

  return async (callOptions, call) => {
    const turn = takePlace(callOptions)
    await turn
    try {
      // After a wait nobody knows how long the caller still waits: that was said from the call on.
      return await call(turn === undefined ? callOptions : { signal: callOptions.signal })
    } finally {
      givePlace()
    }
  }
}
