import type { Clock } from './ports/clock.js'

/** The machine's own clocks. */
export const systemClock: Clock = Object.freeze({
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
})
