import type { Clock } from 'sallyport'

/** A clock that only moves when it is told to. */
export interface ManualClock extends Clock {
  /** Lets time pass on both clocks. */
  advance(ms: number): void
  /** Steps the wall clock alone, as an operator or NTP would. */
  stepWall(ms: number): void
}

export const START_MS = Date.UTC(2026, 0, 1)

export function manualClock(startMs = START_MS): ManualClock {
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
