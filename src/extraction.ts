import { type HeaderValue, REPEATED } from './request.js'

/** No bearer token: the header is absent, names another scheme, or has nothing behind the scheme. */
export const ABSENT: unique symbol = Symbol('absent')
/** More than one credential, which is refused and never ranked. */
export const AMBIGUOUS: unique symbol = Symbol('ambiguous')
/** One bearer credential that no token can look like. */
export const MALFORMED: unique symbol = Symbol('malformed')

/** What an `Authorization` header holds. */
export type Extraction = string | typeof ABSENT | typeof AMBIGUOUS | typeof MALFORMED

// RFC 6750 §2.1: b64token.
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/
const ANOTHER_BEARER = /,[ \t]*bearer(?:[ \t]|$)/i

/** What stands behind the scheme of an `Authorization` header, unread. */
export type Bearer = string | typeof ABSENT | typeof AMBIGUOUS

/**
 * Reads the scheme of an `Authorization` header: `Bearer` in any case (RFC 9110 §11.1) and one or more spaces. Pure, and
 * never throws. What is behind it may be anything: see {@link readToken}.
 */
export function readBearer(header: HeaderValue): Bearer {
  if (header === undefined) return ABSENT
  if (header === REPEATED) return AMBIGUOUS
  if (!isBearer(header)) return ANOTHER_BEARER.test(header) ? AMBIGUOUS : ABSENT
  let from = 6
  while (header.charCodeAt(from) === SPACE) from++
  return from === header.length ? ABSENT : header.slice(from)
}

/** Reads what stands behind the scheme: one token (RFC 6750 §2.1) and nothing else. */
export function readToken(text: string): string | typeof AMBIGUOUS | typeof MALFORMED {
  if (TOKEN.test(text)) return text
  return /[ \t,]/.test(text) ? AMBIGUOUS : MALFORMED
}

/** Reads the bearer token of an `Authorization` header. Pure, and never throws. */
export function extractBearer(header: HeaderValue): Extraction {
  const bearer = readBearer(header)
  return typeof bearer === 'string' ? readToken(bearer) : bearer
}

const SPACE = 0x20

// `Bearer` in any case, followed by a space or by nothing: a tab or a no-break space makes it another scheme.
function isBearer(header: string): boolean {
  if (header.length < 6) return false
  if (header.length > 6 && header.charCodeAt(6) !== SPACE) return false
  return header.startsWith('Bearer') || header.slice(0, 6).toLowerCase() === 'bearer'
}
