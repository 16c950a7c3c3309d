import { type Refused, refused } from '../decision.js'
import { ABSENT, AMBIGUOUS, type Extraction, MALFORMED } from '../extraction.js'
import { parseCompactJwt } from '../methods/compact-jwt.js'
import type { JwtMethod, OpaqueMethod, Verification, VerifyContext } from '../methods/method.js'

/** The methods of a gate, by the form of token they read. */
export interface MethodTable {
  readonly opaque: readonly OpaqueMethod[]
  readonly jwt: readonly JwtMethod[]
}

const AMBIGUOUS_AUTHORIZATION = refused('request_ambiguous', { header: 'Authorization' })
const MISSING_KEY = refused('credential_missing', { accepts: 'apiKey' })
const MISSING_TOKEN = refused('credential_missing', { accepts: 'token' })
const UNREAD = 'no method of this gate reads a credential of this form'
const UNREAD_KEY = refused('credential_invalid', { presented: 'apiKey', hint: UNREAD })
const UNREAD_TOKEN = refused('credential_invalid', { presented: 'token', hint: UNREAD })
const MALFORMED_TOKEN = refused('credential_invalid', {
  presented: 'token',
  hint: 'not a compact JWT of the strict shape that is read here',
})

/**
 * Who is it? The form of the token alone says which method is meant; what that method answers is final, and no other
 * is asked.
 *
 * @param takesApiKeys - Whether API keys are among what this gate accepts: then its 401s read as the seed's clients
 * expect.
 */
export function authenticate(
  credential: Extraction,
  { opaque, jwt }: MethodTable,
  takesApiKeys: boolean,
  context: VerifyContext,
): Verification | Promise<Verification> {
  if (credential === AMBIGUOUS) return AMBIGUOUS_AUTHORIZATION
  if (credential === ABSENT) return takesApiKeys ? MISSING_KEY : MISSING_TOKEN
  if (credential === MALFORMED) return unrecognized(takesApiKeys)
  if (!credential.includes('.')) {
    for (const method of opaque) {
      if (method.recognizes(credential)) return method.verify(credential, context)
    }
    return unrecognized(takesApiKeys)
  }
  if (jwt.length === 0) return unrecognized(takesApiKeys)
  const parsed = parseCompactJwt(credential)
  if (parsed === undefined) return MALFORMED_TOKEN
  for (const method of jwt) {
    if (method.recognizes(parsed)) return method.verify(parsed, context)
  }
  return UNREAD_TOKEN
}

function unrecognized(takesApiKeys: boolean): Refused {
  return takesApiKeys ? UNREAD_KEY : UNREAD_TOKEN
}
