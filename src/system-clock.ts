import type { Clock } from './ports/clock.js'

/** The machine's own clocks. */
export const systemClock: Clock = Object.freeze({
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
})

/**
 * A host's clock that throws where it answers no time: every comparison with NaN is false, so that nothing would ever
 * expire. Each reading that relies on it then fails, which refuses.
 */
export function soundClock(clock: Clock): Clock {
  if (clock === systemClock) return clock
  return { wallMs: () => sound(clock.wallMs()), monotonicMs: () => sound(clock.monotonicMs()) }
}

function sound(ms: number): number {
  if (!Number.isFinite(ms)) throw new Error('the clock answered no time')
  return ms
}
