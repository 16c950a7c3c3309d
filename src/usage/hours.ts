/** An hour, in milliseconds: what usage is counted by. */
export const HOUR_MS = 3_600_000

/** When the hour of a moment began. Both: wall clock, milliseconds. */
export function hourOf(nowMs: number): number {
  return Math.floor(nowMs / HOUR_MS) * HOUR_MS
}
