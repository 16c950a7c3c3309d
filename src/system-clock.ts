import type { Clock } from './ports/clock.js'

/** The machine's own clocks. */
export const systemClock: Clock = Object.freeze({
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
})

/**
 * A clock that can be trusted to answer a time: to whatever is compared with NaN nothing is ever expired.
 *
 * @throws Error from either reading where the clock behind it answers none.
 */
export function soundClock(clock: Clock): Clock {
  if (clock === systemClock) return clock
  return { wallMs: () => finite(clock.wallMs()), monotonicMs: () => finite(clock.monotonicMs()) }
}

function finite(ms: number): number {
  if (!Number.isFinite(ms)) throw new Error('the clock answered no time')
  return ms
}
