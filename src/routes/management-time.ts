// RFC 3339, with seconds and an offset: a date without one means another moment on every machine.
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/
// What RFC 3339 can write.
const FIRST_MS = Date.UTC(1970, 0, 1)
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** What a value has to be for {@link readTimestamp}. */
export const TIMESTAMP_RULE = 'must be a time such as 2030-01-31T00:00:00Z'

/** Reads a time in a body, as milliseconds; `undefined` where it is none. */
export function readTimestamp(value: unknown): number | undefined {
  const date = typeof value === 'string' ? TIMESTAMP.exec(value)?.[1] : undefined
  if (date === undefined || !isDate(date)) return undefined
  const ms = Date.parse(String(value))
  return ms >= FIRST_MS && ms <= LAST_MS ? ms : undefined
}

// Date.parse takes the 30th of February for the 2nd of March.
function isDate(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
}
