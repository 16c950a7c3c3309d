import { isPending } from '../deadline.js'
import { Refused, refused } from '../decision.js'
import { digestKeyOf } from '../digest.js'
import { ABSENT, AMBIGUOUS, type Bearer, type Extraction, readToken } from '../extraction.js'
import { MAX_TOKEN_BYTES, parseCompactJwt } from '../methods/compact-jwt.js'
import type { Identity, JwtMethod, OpaqueMethod, Verification, VerifyContext } from '../methods/method.js'
import type { Moment, Reliance, VerifiedCache } from '../verified-cache.js'

/** The methods of a gate, by the form of token they read. */
export interface MethodTable {
  readonly opaque: readonly OpaqueMethod[]
  readonly jwt: readonly JwtMethod[]
}

/** What one credential is verified in. */
export interface RelianceContext extends VerifyContext {
  /** What the verdict rests on, once there is one; `undefined` where it must not be remembered. */
  readonly reliances: readonly Reliance[] | undefined
}

/** What the stage is made of. */
export interface AuthenticatorOptions {
  readonly methods: MethodTable
  readonly verified: VerifiedCache
  /** Makes what methods verify the credential of a message with. */
  readonly contextFor: (message: object, credential: string, now: Moment) => RelianceContext
}

/** Who is it? */
export type Authenticator = (
  bearer: Bearer,
  /** Whether API keys are among what this gate accepts: then its 401s read as the seed's clients expect. */
  takesApiKeys: boolean,
  message: object,
  now: Moment,
) => Identity | Refused | Promise<Identity | Refused>

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
 * Makes the stage. The form of the token alone says which method is meant; what that method answers is final, and no
 * other is asked. What was proven before, and stands, is not proven again.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { methods, verified, contextFor } = options

  function verifyOpaque(
    method: OpaqueMethod,
    text: string,
    takesApiKeys: boolean,
    message: object,
    now: Moment,
  ) {
    // What has the form to its last character is a token. Told before anything is computed: garbage must cost least.
    if (!method.isWellFormed(text)) return unrecognizedText(text, takesApiKeys)
    const digestKey = digestKeyOf(text)
    const known = verified.recall(digestKey, now)
    if (known !== undefined) return known
    const context = contextFor(message, text, now)
    return remembered(method.verify(text, context), digestKey, context)
  }

  // What is remembered has been read before, to its last character: it need not be read again.
  function verifyJwt(text: string, takesApiKeys: boolean, message: object, now: Moment) {
    const isTooLong = text.length > MAX_TOKEN_BYTES
    const digestKey = isTooLong ? '' : digestKeyOf(text)
    const known = isTooLong ? undefined : verified.recall(digestKey, now)
    if (known !== undefined) return known
    const token = readToken(text)
    if (typeof token !== 'string') return unread(token, takesApiKeys)
    const parsed = parseCompactJwt(token)
    if (parsed === undefined) return MALFORMED_TOKEN
    for (const method of methods.jwt) {
      if (!method.recognizes(parsed)) continue
      const context = contextFor(message, token, now)
      return remembered(method.verify(parsed, context), digestKey, context)
    }
    return UNREAD_TOKEN
  }

  function remembered(
    verification: Verification | Promise<Verification>,
    digestKey: string,
    context: RelianceContext,
  ) {
    return isPending(verification)
      ? verification.then((known) => keep(known, digestKey, context))
      : keep(verification, digestKey, context)
  }

  function keep(
    verification: Verification,
    digestKey: string,
    { reliances }: RelianceContext,
  ): Identity | Refused {
    if (verification instanceof Refused) return verification
    if (reliances !== undefined) verified.keep(digestKey, verification, reliances)
    return verification.identity
  }

  return (bearer, takesApiKeys, message, now) => {
    if (typeof bearer !== 'string') return unread(bearer, takesApiKeys)
    if (methods.jwt.length > 0 && bearer.includes('.')) return verifyJwt(bearer, takesApiKeys, message, now)
    for (const method of methods.opaque) {
      if (method.recognizes(bearer)) return verifyOpaque(method, bearer, takesApiKeys, message, now)
    }
    return unrecognizedText(bearer, takesApiKeys)
  }
}

function unrecognizedText(text: string, takesApiKeys: boolean): Refused {
  const token = readToken(text)
  return typeof token === 'string' ? unrecognized(takesApiKeys) : unread(token, takesApiKeys)
}

function unread(extraction: Exclude<Extraction, string>, takesApiKeys: boolean): Refused {
  if (extraction === AMBIGUOUS) return AMBIGUOUS_AUTHORIZATION
  if (extraction === ABSENT) return takesApiKeys ? MISSING_KEY : MISSING_TOKEN
  return unrecognized(takesApiKeys)
}

function unrecognized(takesApiKeys: boolean): Refused {
  return takesApiKeys ? UNREAD_KEY : UNREAD_TOKEN
}
