const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }
const DURATION = /^(\d{1,9})(s|m|h|d|w)$/
// RFC 3339: a date, or a date and a time with its offset.
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/

/** How a duration is written. */
export const DURATION_RULE: string = 'a number and one of s, m, h, d, w, such as 90d'

/** Seconds of a duration such as `90d`; `undefined` where it is none. */
export function durationSeconds(text: string): number | undefined {
  const [, count, unit = ''] = DURATION.exec(text) ?? []
  const seconds = Number(count) * (UNITS[unit] ?? Number.NaN)
  return Number.isSafeInteger(seconds) ? seconds : undefined
}

/** The moment that a date, or a duration from `nowMs` on, names; `undefined` where it names none. */
export function momentMs(text: string, nowMs: number): number | undefined {
  const seconds = durationSeconds(text)
  if (seconds !== undefined) return nowMs + seconds * 1000
  const [, year, month, day] = DATE.exec(text) ?? []
  if (year === undefined) return undefined
  // The thirtieth of February would be one in March.
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`)
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return undefined
  const ms = Date.parse(text.toUpperCase())
  return Number.isNaN(ms) ? undefined : ms
}
