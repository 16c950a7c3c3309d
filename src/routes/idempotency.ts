import { type Refused, refused } from '../decision.js'
import { digestOf } from '../digest.js'
import { type GateRequest, REPEATED, readHeader } from '../request.js'
import { newReservationId, prefixOf } from '../spend/reservation-id.js'

const HEADER = 'Idempotency-Key'
const MAX_KEY_LENGTH = 255

// RFC 9651 §3.3.3: a String, without parameters.
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/
// What everybody sends instead. A comma may be the work of a proxy that has joined two headers.
const BARE = /^[\x21\x23-\x2b\x2d-\x7e][\x20-\x2b\x2d-\x7e]*$/

const AMBIGUOUS = refused('request_ambiguous', { header: HEADER })
const INVALID = refused('body_invalid', {
  problem: `${HEADER} must be 1 to ${MAX_KEY_LENGTH} printable ASCII characters, bare or as a quoted string`,
})

/**
 * Reads `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a Structured Field string, or the bare text. Both
 * spellings of one key are the same key.
 *
 * @returns `undefined` where there is none.
 */
export function readIdempotencyKey(request: GateRequest): string | undefined | Refused {
  const value = readHeader(request, HEADER.toLowerCase())
  if (value === undefined) return undefined
  if (value === REPEATED) return AMBIGUOUS
  const key = QUOTED.exec(value)?.[1]?.replace(/\\(["\\])/g, '$1') ?? BARE.exec(value)?.[0]
  if (key === undefined) return value.includes(',') ? AMBIGUOUS : INVALID
  return key.length >= 1 && key.length <= MAX_KEY_LENGTH ? key : INVALID
}

/**
 * The id of what an authorization holds. The same account that sends the same key to the same route means the same one;
 * without a key each request is one of its own.
 */
export function authorizationIdOf(accountId: string, route: string, key: string | undefined): string {
  if (key === undefined) return newReservationId('authorize')
  const digest = Buffer.from(digestOf(JSON.stringify([accountId, route, key])), 'hex')
  return `${prefixOf('authorize')}${digest.toString('base64url')}`
}
