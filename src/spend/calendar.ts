/** A unit of the calendar that a budget can run for. Weeks begin on Monday. */
export type CalendarUnit = 'day' | 'week' | 'month'

/** A stretch of time: from `startMs` on, and before `endMs`. */
export interface CalendarWindow {
  readonly startMs: number
  readonly endMs: number
}

/** What clocks on the wall show. */
export interface LocalTime {
  /** 0 is Monday, 6 is Sunday. */
  readonly weekday: number
  /** Since midnight by the wall clock, whatever the clocks were turned by: 0 to 1439. */
  readonly minuteOfDay: number
}

/** Days, weeks and months of time zones. */
export interface Calendar {
  /**
   * The day, week or month that holds a moment. Every moment is in exactly one, and each begins where the one before
   * ends.
   *
   * @throws RangeError where the time zone is not known.
   */
  windowAt(unit: CalendarUnit, timeZone: string, atMs: number): CalendarWindow
  /** @throws RangeError where the time zone is not known. */
  localTimeAt(timeZone: string, atMs: number): LocalTime
}

type Luxon = typeof import('luxon')

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
// The first of January 1970 was a Thursday.
const EPOCH_WEEKDAY = 3
// As many windows as are in use by 300 time zones at once: somebody else's zones must not cost memory for ever.
const MAX_KEPT = 1_000

let loading: Promise<Calendar> | undefined

/** The calendar of this process. What it works with is loaded by the first call. */
export function loadCalendar(): Promise<Calendar> {
  loading ??= import('luxon').then(
    (luxon) => new KeepingCalendar(luxon),
    (error: unknown) => {
      loading = undefined
      throw error
    },
  )
  return loading
}

interface KeptWindow extends CalendarWindow {
  /** What is added to UTC in all of it; `undefined` where the clocks are turned within. */
  readonly offsetMs: number | undefined
}

/** Keeps the last window of each unit and time zone: most moments are in the same one as the moment before. */
class KeepingCalendar implements Calendar {
  readonly #luxon: Luxon
  readonly #kept = new Map<string, KeptWindow>()

  constructor(luxon: Luxon) {
    this.#luxon = luxon
  }

  windowAt(unit: CalendarUnit, timeZone: string, atMs: number): KeptWindow {
    const key = `${unit} ${timeZone}`
    const kept = this.#kept.get(key)
    if (kept !== undefined && kept.startMs <= atMs && atMs < kept.endMs) return kept
    const window = this.#findWindow(unit, timeZone, atMs)
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear()
    this.#kept.set(key, window)
    return window
  }

  localTimeAt(timeZone: string, atMs: number): LocalTime {
    const { offsetMs } = this.windowAt('day', timeZone, atMs)
    const localMs = atMs + (offsetMs ?? this.#offsetsOf(timeZone)(atMs))
    const day = Math.floor(localMs / DAY_MS)
    return {
      weekday: (((day + EPOCH_WEEKDAY) % 7) + 7) % 7,
      minuteOfDay: Math.floor((localMs - day * DAY_MS) / MINUTE_MS),
    }
  }

  #findWindow(unit: CalendarUnit, timeZone: string, atMs: number): KeptWindow {
    const offsetAt = this.#offsetsOf(timeZone)
    const { DateTime } = this.#luxon
    let first = DateTime.fromMillis(atMs + offsetAt(atMs), { zone: 'utc' }).startOf(unit)
    let startMs = beginningOf(first.toMillis(), offsetAt)
    for (;;) {
      first = first.plus({ [unit]: 1 })
      const endMs = beginningOf(first.toMillis(), offsetAt)
      // Where clocks are turned back over midnight, the evening comes twice: its second time is of the new day.
      if (!(atMs >= endMs)) {
        const offsetMs = offsetAt(startMs)
        return { startMs, endMs, offsetMs: offsetAt(endMs - 1) === offsetMs ? offsetMs : undefined }
      }
      startMs = endMs
    }
  }

  #offsetsOf(timeZone: string): (atMs: number) => number {
    const zone = this.#luxon.IANAZone.create(timeZone)
    if (!zone.isValid) throw new RangeError(`the time zone ${timeZone} is not known`)
    return (atMs) => zone.offset(atMs) * MINUTE_MS
  }
}

/**
 * The first moment at which the clocks of a zone show a midnight, or anything later where they skip it. Taken from the
 * zone's offsets alone: where midnight comes twice, every moment of the day must lead to the same one of the two.
 */
function beginningOf(localMidnightMs: number, offsetAt: (atMs: number) => number): number {
  let earlyMs = localMidnightMs - DAY_MS
  let lateMs = localMidnightMs + DAY_MS
  const before = offsetAt(earlyMs)
  const after = offsetAt(lateMs)
  if (before === after) return localMidnightMs - before
  while (lateMs - earlyMs > 1) {
    const middleMs = Math.floor((earlyMs + lateMs) / 2)
    if (offsetAt(middleMs) === before) earlyMs = middleMs
    else lateMs = middleMs
  }
  const shownBeforeMs = localMidnightMs - before
  return shownBeforeMs < lateMs ? shownBeforeMs : Math.max(lateMs, localMidnightMs - after)
}
