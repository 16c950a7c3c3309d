import type { Clock } from '../ports/clock.js'

/** A clock that only moves when it is told to. */
export interface ManualClock extends Clock {
  /** Lets time pass on both clocks. */
  advance(ms: number): void
  /** Steps the wall clock alone, as an operator or NTP would. */
  stepWall(ms: number): void
}

/** When a {@link manualClock} starts: 2026-01-01T00:00:00Z, in milliseconds since the epoch. */
export const START_MS: number = Date.UTC(2026, 0, 1)

/**
 * Makes a clock that stands still.
 *
 * @param startMs - Where its wall clock stands. Default {@link START_MS}.
 * @example
 * const clock = manualClock()
 * const gate = createGate({ store: memoryStore({ clock }), clock })
 * clock.advance(60_000)
 */
export function manualClock(startMs: number = START_MS): ManualClock {
  let wall = startMs
  let monotonic = 1_000
  return {
    wallMs: () => wall,
    monotonicMs: () => monotonic,
    advance(ms) {
      wall += ms
      monotonic += ms
    },
    stepWall(ms) {
      wall += ms
    },
  }
}
