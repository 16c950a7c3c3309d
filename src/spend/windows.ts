import type { Calendar, CalendarUnit } from './calendar.js'

/** For how long a budget counts what was spent. */
export type BudgetWindow =
  | { readonly kind: 'rolling'; readonly seconds: number }
  | { readonly kind: 'calendar'; readonly unit: CalendarUnit; readonly timeZone: string }
  | { readonly kind: 'lifetime' }

/** Where a moment is counted, and what is counted together with it. Wall clock, milliseconds. */
export interface WindowSpan {
  /** What is spent now is counted at this moment. */
  readonly atMs: number
  /** What was counted at this moment or later, and at `toMs` or earlier, counts now. */
  readonly fromMs: number
  readonly toMs: number
  /** What was counted earlier than this may be forgotten. */
  readonly keepFromMs: number
  /** When a new window begins; null where none does, or where each amount leaves the window by itself. */
  readonly resetsAtMs: number | null
}

const DAY_MS = 86_400_000
// A clock may be set back by so much, and what was counted before is still known. A rolling window is kept for as long as
// it is, at least an hour and at most a day: a short one has many steps.
const LEAST_KEPT_BEHIND_ROLLING_MS = DAY_MS / 24
const KEPT_BEHIND_CALENDAR_MS = 62 * DAY_MS
// A rolling window is kept as so many sums, whatever its length.
const STEPS = 1_000

const LIFETIME: WindowSpan = Object.freeze({ atMs: 0, fromMs: 0, toMs: 0, keepFromMs: 0, resetsAtMs: null })

/**
 * The span of a window at a moment. A window of the calendar is counted at its beginning. A rolling one is counted in
 * steps of a thousandth of its length, at least a second: what was spent leaves it at most one step late, and never
 * early; what a clock that has been set back has counted in the future still counts.
 *
 * @throws RangeError where the time zone of the window is not known.
 */
export function spanOf(window: BudgetWindow, atMs: number, calendar: Calendar): WindowSpan {
  if (window.kind === 'lifetime') return LIFETIME
  if (window.kind === 'rolling') return rollingSpan(window.seconds, atMs)
  const { startMs, endMs } = calendar.windowAt(window.unit, window.timeZone, atMs)
  return {
    atMs: startMs,
    fromMs: startMs,
    toMs: startMs,
    keepFromMs: startMs - KEPT_BEHIND_CALENDAR_MS,
    resetsAtMs: endMs,
  }
}

/** How finely a rolling window is counted. */
export function stepMsOf(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / STEPS)) * 1_000
}

function rollingSpan(seconds: number, nowMs: number): WindowSpan {
  const stepMs = stepMsOf(seconds)
  const fromMs = Math.floor((nowMs - seconds * 1_000) / stepMs) * stepMs
  return {
    atMs: Math.floor(nowMs / stepMs) * stepMs,
    fromMs,
    toMs: Number.MAX_SAFE_INTEGER,
    keepFromMs: fromMs - Math.min(DAY_MS, Math.max(LEAST_KEPT_BEHIND_ROLLING_MS, seconds * 1_000)),
    resetsAtMs: null,
  }
}
