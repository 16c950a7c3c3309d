import { isAscii } from 'node:buffer'
import { hasDuplicateMembers } from './json-members.js'

/** A JWT whose outer shape is sound. Nothing in it is proven until its signature is. */
export interface CompactJwt {
  readonly token: string
  readonly header: { readonly alg: string; readonly typ?: string; readonly kid?: string }
  readonly payload: Readonly<Record<string, unknown>>
}

/** The longest token that is read. */
export const MAX_TOKEN_BYTES = 8192
const BASE64URL = /^[A-Za-z0-9_-]+$/

// What a last character may be, by how many characters stand in the last group: its spare bits are zero
// (RFC 4648 §3.5), so that a token has one spelling.
const LAST_OF_TWO = /[AQgw]$/
const LAST_OF_THREE = /[AEIMQUYcgkosw048]$/

// RFC 7515 §4.1: parameters that choose a key, change the encoding, or must be understood.
const REFUSED_PARAMETERS = ['crit', 'b64', 'zip', 'cty', 'jwk', 'jku', 'x5u', 'x5c'] as const

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads the outer shape of a compact JWS that carries a JSON object: three parts of canonical base64url, at most
 * 8 KiB, valid UTF-8, no member named twice, no header parameter that asks for anything special (RFC 8725 §3).
 *
 * @returns `undefined` where any of that fails. Never throws.
 */
export function parseCompactJwt(token: string): CompactJwt | undefined {
  if (token.length > MAX_TOKEN_BYTES) return undefined
  const firstDot = token.indexOf('.')
  const secondDot = token.indexOf('.', firstDot + 1)
  if (secondDot === -1 || token.indexOf('.', secondDot + 1) !== -1) return undefined
  if (!isCanonicalBase64url(token.slice(secondDot + 1))) return undefined
  const header = parseJsonObject(token.slice(0, firstDot))
  if (header === undefined || !isPlainHeader(header)) return undefined
  const payload = parseJsonObject(token.slice(firstDot + 1, secondDot))
  return payload && { token, header, payload }
}

function isCanonicalBase64url(text: string): boolean {
  if (!BASE64URL.test(text)) return false
  const spare = text.length % 4
  if (spare === 1) return false
  return spare === 2 ? LAST_OF_TWO.test(text) : spare === 3 ? LAST_OF_THREE.test(text) : true
}

function parseJsonObject(segment: string): Record<string, unknown> | undefined {
  if (!isCanonicalBase64url(segment)) return undefined
  try {
    const json = textOf(Buffer.from(segment, 'base64url'))
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    // What is written as it was read has each member once: most tokens are, and need no closer look.
    if (JSON.stringify(value) !== json && hasDuplicateMembers(json)) return undefined
    return value as Record<string, unknown>
  } catch {
    return undefined
  }
}

function textOf(bytes: Buffer): string {
  return isAscii(bytes) ? bytes.toString('latin1') : utf8.decode(bytes)
}

function isPlainHeader(
  header: Record<string, unknown>,
): header is Record<string, unknown> & CompactJwt['header'] {
  if (typeof header.alg !== 'string') return false
  if (Object.hasOwn(header, 'typ') && typeof header.typ !== 'string') return false
  if (Object.hasOwn(header, 'kid') && typeof header.kid !== 'string') return false
  return REFUSED_PARAMETERS.every((parameter) => !Object.hasOwn(header, parameter))
}
