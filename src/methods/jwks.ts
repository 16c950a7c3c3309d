import { cappedFetch } from '../capped-fetch.js'
import { isPending } from '../deadline.js'
import { Refused, refused } from '../decision.js'
import { isOptions, unknownOptions } from '../option-check.js'
import { isServiceUrl } from '../service-url.js'
import { isWalletAddress } from '../wallet-address.js'
import type { CompactJwt } from './compact-jwt.js'
import { createIdentity } from './identity.js'
import { prepareVerifier, provesSignature } from './jws-signature.js'
import { audienceAdmits, isIdentifier } from './jwt-claims.js'
import { judgeTimes, readTimes, type TokenTimes, windowOf } from './jwt-times.js'
import type { JwtMethod, Verification, VerifyContext } from './method.js'
import { SESSION_TYPE } from './token-type.js'

/** What a token of an identity provider says of its bearer. */
export interface JwksPrincipal {
  /** Default: the issuer and the `sub` claim. */
  readonly accountId?: string
  readonly role?: string | null
  readonly scopes?: readonly string[]
  /** Canonical base58. Only what the provider vouches for belongs here. */
  readonly wallets?: readonly string[]
}

/** Which identity provider is trusted, and with what. */
export interface JwksOptions {
  /** Exactly the `iss` of the tokens. */
  readonly issuer: string
  /** What `aud` must name, one of them. */
  readonly audience: string | readonly string[]
  /** `https`, or `http` on loopback. Default: `<issuer>/.well-known/jwks.json`. */
  readonly jwksUri?: string
  /** Default: every asymmetric algorithm of RFC 7518 and RFC 8037. */
  readonly algorithms?: readonly string[]
  /** Reads the principal from verified claims. Default: scopes only, from `scope` or `scp`. */
  readonly principal?: (claims: Readonly<Record<string, unknown>>) => JwksPrincipal
}

const OPTIONS = ['issuer', 'audience', 'jwksUri', 'algorithms', 'principal'] as const
const ASYMMETRIC: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]
const INVALID = refused('credential_invalid', { presented: 'token' })
const TIME_RULES = { toleranceSeconds: 30 } as const
const KEY_SET_TIMEOUT_MS = 5_000

/**
 * JWTs of an identity provider, proven by its published keys. Only asymmetric algorithms; `iss` and `aud` must match;
 * a key set that cannot be fetched is an outage, never an invalid token.
 *
 * @example
 * createGate({ store, methods: [jwks({ issuer: 'https://id.example', audience: 'https://shop.example' })] })
 */
export function jwks(options: JwksOptions): JwtMethod {
  const problems = problemsOf(options)
  const { issuer, audience, principal = scopesOnly } = options ?? {}
  const algorithms = problems.length === 0 ? [...(options.algorithms ?? ASYMMETRIC)] : []
  const audiences = [audience].flat()
  prepareVerifier()
  const keyOf = problems.length === 0 ? createKeyLookup(jwksUriOf(options)) : undefined

  function identify(jwt: CompactJwt, times: TokenTimes): Verification {
    const { sub, jti } = jwt.payload
    const stated = principal(jwt.payload)
    assertPrincipal(stated)
    const accountId = stated.accountId ?? (isIdentifier(sub) ? `${issuer}|${sub}` : undefined)
    if (accountId === undefined) return INVALID
    const { role = null, scopes = [], wallets = [] } = stated
    const credentialId = isIdentifier(jti) ? jti : accountId
    const identity = createIdentity(
      { kind: 'jwks', accountId, credentialId, role, scopes, wallets },
      'optional',
    )
    return { identity, ...windowOf(times, TIME_RULES) }
  }

  return {
    name: 'jwks',
    presents: 'jwt',
    form: `a JWT of the issuer ${issuer}`,
    needsClaim: false,
    problems,
    recognizes: ({ header, payload }) =>
      ASYMMETRIC.includes(header.alg) && header.typ !== SESSION_TYPE && payload.iss === issuer,
    async verify(jwt, context): Promise<Verification> {
      const times = readTimes(jwt.payload)
      if (times === undefined || !algorithms.includes(jwt.header.alg)) return INVALID
      if (!audienceAdmits(jwt.payload.aud, audiences, true) || !isBearerToken(jwt)) return INVALID
      const key = await keyOf?.(jwt, context)
      if (key instanceof Refused) return key
      if (key === undefined || !(await provesSignature(jwt.token, key, algorithms))) return INVALID
      return judgeTimes(times, TIME_RULES, context.nowMs) ?? identify(jwt, times)
    },
  }
}

// RFC 8725 §3.11: logout tokens, security events and the like are signed by the same keys. RFC 7800: a token bound to
// a key of its bearer's is no bearer token.
function isBearerToken({ header, payload }: CompactJwt): boolean {
  const type = header.typ?.toLowerCase().replace(/^application\//, '')
  return (type === undefined || type === 'jwt' || type === 'at+jwt') && payload.cnf === undefined
}

function createKeyLookup(uri: string) {
  let keySet: ReturnType<typeof createKeySet> | undefined

  async function lookUp(jwt: CompactJwt) {
    keySet ??= createKeySet(uri).catch((error: unknown) => {
      // Where the library could not be loaded, the next token tries again.
      keySet = undefined
      throw error
    })
    return (await keySet)(jwt)
  }

  return (jwt: CompactJwt, context: VerifyContext) => {
    const key = context.attempt('jwks', () => lookUp(jwt))
    return isPending(key) ? key : Promise.resolve(key)
  }
}

// The library is loaded by the first token of the issuer, and not when this package is imported.
async function createKeySet(uri: string) {
  const [remote, { JWKSMultipleMatchingKeys, JWKSNoMatchingKey }] = await Promise.all([
    import('jose/jwks/remote'),
    import('jose/errors'),
  ])
  const keyOf = remote.createRemoteJWKSet(new URL(uri), {
    timeoutDuration: KEY_SET_TIMEOUT_MS,
    [remote.customFetch]: async (url, { headers, signal }) =>
      new Response(await cappedFetch(url, { headers, signal }), { status: 200 }),
  })
  return (jwt: CompactJwt) =>
    keyOf(jwt.header, { payload: '', signature: '' }).catch((error: unknown) => {
      if (error instanceof JWKSNoMatchingKey || error instanceof JWKSMultipleMatchingKeys) return undefined
      throw error
    })
}

function jwksUriOf({ issuer, jwksUri }: JwksOptions): string {
  return jwksUri ?? `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`
}

function scopesOnly({ scope, scp }: Readonly<Record<string, unknown>>): JwksPrincipal {
  const stated = scope ?? scp
  if (typeof stated === 'string') return { scopes: stated.split(' ').filter((name) => name !== '') }
  return { scopes: Array.isArray(stated) ? stated.filter(isIdentifier) : [] }
}

// The callback is the host's, so what is wrong with its answer is an outage: it makes nobody anonymous or mightier.
function assertPrincipal(stated: JwksPrincipal): void {
  if (typeof stated !== 'object' || stated === null || isPending(stated as unknown)) {
    throw new TypeError('jwks.principal must answer an object, and at once')
  }
  const { accountId, role = null, scopes = [], wallets = [] } = stated
  if (accountId !== undefined && !isIdentifier(accountId)) {
    throw new TypeError('jwks.principal answered an accountId that is no identifier')
  }
  if (role !== null && !isIdentifier(role)) {
    throw new TypeError('jwks.principal answered a role that is no identifier')
  }
  if (!Array.isArray(scopes) || !scopes.every(isIdentifier)) {
    throw new TypeError('jwks.principal must answer scopes as a list of strings')
  }
  if (
    !Array.isArray(wallets) ||
    !wallets.every((wallet) => isIdentifier(wallet) && isWalletAddress(wallet))
  ) {
    throw new TypeError('jwks.principal must answer wallets as a list of Solana addresses')
  }
}

function problemsOf(options: JwksOptions): string[] {
  if (!isOptions(options)) return ['jwks must be given options, at least { issuer, audience }']
  const problems = unknownOptions('jwks', options, OPTIONS)
  const { issuer, audience, algorithms, principal } = options
  if (!isIdentifier(issuer)) problems.push('jwks.issuer is required: exactly the iss of the tokens')
  const audiences: unknown[] = [audience].flat()
  if (audiences.length === 0 || !audiences.every(isIdentifier)) {
    problems.push('jwks.audience is required: what aud must name, a string or a list of them')
  }
  if ((options.jwksUri !== undefined || isIdentifier(issuer)) && !isServiceUrl(jwksUriOf(options))) {
    problems.push(
      'jwks.jwksUri must be an https URL (http only on loopback); it defaults to one under the issuer',
    )
  }
  if (
    algorithms !== undefined &&
    !(
      Array.isArray(algorithms) &&
      algorithms.length > 0 &&
      algorithms.every((alg) => ASYMMETRIC.includes(alg))
    )
  ) {
    problems.push(`jwks.algorithms must be some of ${ASYMMETRIC.join(', ')}`)
  }
  if (principal !== undefined && typeof principal !== 'function') {
    problems.push('jwks.principal must be a function of the claims')
  }
  return problems
}
