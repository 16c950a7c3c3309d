/** Takes credentials out of a text. */
export type Scrub = (text: string) => string

const REDACTED = '[redacted]'
// A shorter text is no secret, and taking it out would leave nothing legible.
const MIN_SECRET_LENGTH = 8
const MAX_CAUSES = 4

/** Makes what takes these secrets out of texts: servers and proxies echo what they were sent. */
export function createScrub(secrets: readonly string[]): Scrub {
  const hidden = secrets.filter(({ length }) => length >= MIN_SECRET_LENGTH)
  return (text) => hidden.reduce((scrubbed, secret) => scrubbed.replaceAll(secret, REDACTED), text)
}

/**
 * What may be told of an error that something else threw: name, message and code, and the same of its causes. Other
 * members are left behind, since HTTP libraries hang the whole request on their errors.
 */
export function safeCause(thrown: unknown, scrub: Scrub, depth = 1): Error | undefined {
  if (typeof thrown !== 'object' || thrown === null || depth > MAX_CAUSES) return undefined
  const { name, message, code, cause } = thrown as Readonly<Record<string, unknown>>
  if (typeof message !== 'string') return undefined
  const inner = safeCause(cause, scrub, depth + 1)
  const safe = new Error(scrub(message), inner && { cause: inner })
  if (typeof name === 'string') Object.defineProperty(safe, 'name', { value: scrub(name) })
  return typeof code === 'string' ? Object.assign(safe, { code: scrub(code) }) : safe
}

/** The innermost code of a cause, such as `ECONNREFUSED`. */
export function causeCode(error: Error | undefined): string | undefined {
  if (error === undefined) return undefined
  const { code, cause } = error as Error & { readonly code?: string }
  return causeCode(cause instanceof Error ? cause : undefined) ?? code
}
