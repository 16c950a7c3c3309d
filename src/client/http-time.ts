// RFC 9110 §5.6.7: every form of a date on the wire that is still sent ends so.
const GMT = / GMT$/
const SECONDS = /^\d{1,9}$/

/** A date of HTTP, in milliseconds since the epoch. */
export function parseHttpDate(text: string | null): number | undefined {
  const ms = text !== null && GMT.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

/**
 * How long `Retry-After` (RFC 9110 §10.2.3) asks to wait, in milliseconds: whole seconds, or a date, which is measured
 * from the answer's own `Date`, so that the two clocks need not agree.
 *
 * @param nowMs - What to measure from where the answer has no `Date`.
 */
export function retryAfterMsOf(headers: Headers, nowMs: number): number | undefined {
  const asked = headers.get('retry-after')
  if (asked === null) return undefined
  if (SECONDS.test(asked)) return Number(asked) * 1000
  const untilMs = parseHttpDate(asked)
  return untilMs && Math.max(0, untilMs - (parseHttpDate(headers.get('date')) ?? nowMs))
}
