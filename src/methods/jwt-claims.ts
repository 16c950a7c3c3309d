const MAX_IDENTIFIER_LENGTH = 256

/** Whether a claim can name something: a string of 1 to 256 characters without control characters. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_IDENTIFIER_LENGTH && /^\P{Cc}+$/u.test(value)
}

/**
 * Whether an `aud` claim (RFC 7519 §4.1.3) admits this service. A token that names an audience is refused where none
 * is expected: it was made for somebody else.
 *
 * @param required - Whether a token without `aud` is refused too.
 */
export function audienceAdmits(aud: unknown, expected: readonly string[], required: boolean): boolean {
  if (aud === undefined) return !required
  const named: unknown[] = Array.isArray(aud) ? aud : [aud]
  return (
    named.every((name) => typeof name === 'string') && named.some((name) => expected.includes(name as string))
  )
}
