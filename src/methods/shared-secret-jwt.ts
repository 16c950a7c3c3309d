import { randomBytes } from 'node:crypto'
import type { Credential, SharedSecretCredential } from '../credentials/credential.js'
import { standingOf, whyVoid } from '../credentials/standing.js'
import { isPending } from '../deadline.js'
import { Refused, refused } from '../decision.js'
import { digestOf } from '../digest.js'
import { isOptions, unknownOptions } from '../option-check.js'
import type { CompactJwt } from './compact-jwt.js'
import { identityOf } from './identity.js'
import { prepareVerifier, provesWithOneOf, SecretKey } from './jws-signature.js'
import { audienceAdmits, isIdentifier } from './jwt-claims.js'
import { judgeTimes, readTimes, windowOf } from './jwt-times.js'
import type { JwtMethod, Verification, VerifyContext } from './method.js'

/** What is asked of the JWTs that callers mint. */
export interface SharedSecretJwtOptions {
  /** The payload claim that names the key. Default `key_id`. A `kid` header is accepted too and must then agree. */
  readonly keyIdClaim?: string
  /** The longest `exp - iat` that is honoured, in seconds. Default 3600. */
  readonly maxLifetimeSeconds?: number
  /** How far the caller's clock may be off, in seconds. Default 30. */
  readonly clockToleranceSeconds?: number
  /** What an `aud` claim must name. Without it a token that carries `aud` is refused. */
  readonly audience?: string | readonly string[]
  /**
   * `'jti'`: every token must carry a `jti` and is used up by the first request that proves it, whatever the answer,
   * across all instances that share the store.
   */
  readonly replay?: 'jti'
}

const OPTIONS = ['keyIdClaim', 'maxLifetimeSeconds', 'clockToleranceSeconds', 'audience', 'replay'] as const
const ALGORITHMS = ['HS256']
const invalid = (hint: string) => refused('credential_invalid', { presented: 'token', hint })

/**
 * JWTs that callers make themselves from a `key_id` and a shared secret: HS256 exactly, with `iat` and `exp`.
 *
 * @example
 * createGate({ store, methods: [sharedSecretJwt({ maxLifetimeSeconds: 600, replay: 'jti' })] })
 */
export function sharedSecretJwt(options: SharedSecretJwtOptions = {}): JwtMethod {
  const problems = problemsOf(options)
  const {
    keyIdClaim = 'key_id',
    maxLifetimeSeconds = 3600,
    clockToleranceSeconds = 30,
    replay,
  } = options ?? {}
  const rules = { toleranceSeconds: clockToleranceSeconds, maxLifetimeSeconds }
  const audiences = options?.audience === undefined ? [] : [options.audience].flat()
  const keysOf = createKeyImporter()
  prepareVerifier()
  // An unknown key_id costs a signature check too.
  const decoy = [new SecretKey(randomBytes(32).toString('base64url'))]

  function keyIdOf(jwt: CompactJwt): string | undefined {
    const { kid } = jwt.header
    if (!Object.hasOwn(jwt.payload, keyIdClaim)) return isIdentifier(kid) ? kid : undefined
    const claimed = jwt.payload[keyIdClaim]
    return isIdentifier(claimed) && (kid === undefined || kid === claimed) ? claimed : undefined
  }

  async function claimOnce(jwt: CompactJwt, credential: Credential, exp: number, context: VerifyContext) {
    const { jti } = jwt.payload
    if (!isIdentifier(jti)) return invalid('jti is missing or malformed, and replay protection needs it')
    const key = `jti:${digestOf(JSON.stringify([credential.id, jti]))}`
    const first = await context.claim(key, (exp + clockToleranceSeconds) * 1000)
    if (first instanceof Refused) return first
    if (first === true) return undefined
    if (first === false) return refused('credential_replayed', {})
    const cause = new TypeError('the store answered a claim with neither true nor false')
    return refused('dependency_unavailable', { dependency: 'store', cause })
  }

  return {
    name: 'sharedSecretJwt',
    presents: 'jwt',
    form: 'a JWT with alg HS256',
    needsClaim: replay !== undefined,
    problems,
    recognizes: ({ header: { alg, typ } }) =>
      alg === 'HS256' && (typ === undefined || typ.toUpperCase() === 'JWT'),
    async verify(jwt, context): Promise<Verification> {
      const keyId = keyIdOf(jwt)
      const times = readTimes(jwt.payload)
      if (keyId === undefined) return invalid(`${keyIdClaim} is missing, malformed, or disagrees with kid`)
      if (times?.iat === undefined) return invalid('iat and exp must be whole seconds')
      if (!audienceAdmits(jwt.payload.aud, audiences, false)) return invalid('aud is not for this service')

      const answer = context.find({ kind: 'sharedSecret', keyId })
      const found = isPending(answer) ? await answer : answer
      if (found instanceof Refused) return found
      const standing = found && standingOf(found, context.environment, context.nowMs)
      const usable = found?.kind === 'sharedSecret' && standing !== 'void' ? found : undefined
      const keys = usable === undefined ? decoy : keysInForce(usable, keysOf(usable), context.nowMs)
      const proven = await provesWithOneOf(jwt.token, keys, ALGORITHMS)
      if (found === undefined) return invalid('no stored credential has this key_id')
      if (usable === undefined) return invalid(whyVoid(found, context.environment))
      if (!proven) return invalid('the signature is not made with the stored secret')

      if (standing === 'expired') return refused('credential_expired', { presented: 'token' })
      const late = judgeTimes(times, rules, context.nowMs)
      if (late !== undefined) return late
      const replayed = replay === 'jti' ? await claimOnce(jwt, usable, times.exp, context) : undefined
      if (replayed !== undefined) return replayed
      const { fromMs, untilMs } = windowOf(times, rules)
      const identity = identityOf('sharedSecretJwt', usable, 'optional')
      return { identity, fromMs, untilMs: Math.min(untilMs, lastsUntilMs(usable, context.nowMs)) }
    },
  }
}

// When the credential, or the older of its secrets, ends by itself.
function lastsUntilMs({ expiresAtMs, olderUntilMs = null }: SharedSecretCredential, nowMs: number): number {
  const endMs = expiresAtMs ?? Number.POSITIVE_INFINITY
  return olderUntilMs === null || olderUntilMs <= nowMs ? endMs : Math.min(endMs, olderUntilMs)
}

// The secret from before a rotation ends by itself.
function keysInForce<Key>(
  { olderUntilMs = null }: SharedSecretCredential,
  keys: readonly Key[],
  nowMs: number,
): readonly Key[] {
  return olderUntilMs === null || nowMs < olderUntilMs ? keys : keys.slice(0, 1)
}

function createKeyImporter() {
  const imported = new WeakMap<SharedSecretCredential, readonly SecretKey[]>()
  return (credential: SharedSecretCredential): readonly SecretKey[] => {
    const known = imported.get(credential)
    if (known !== undefined) return known
    const keys = credential.secrets.map((secret) => new SecretKey(secret))
    imported.set(credential, keys)
    return keys
  }
}

function problemsOf(options: SharedSecretJwtOptions): string[] {
  if (!isOptions(options)) return ['sharedSecretJwt must be given options, at least {}']
  const problems = unknownOptions('sharedSecretJwt', options, OPTIONS)
  const { keyIdClaim, maxLifetimeSeconds, clockToleranceSeconds, audience, replay } = options
  if (keyIdClaim !== undefined && !isIdentifier(keyIdClaim)) {
    problems.push('sharedSecretJwt.keyIdClaim must be a non-empty string')
  }
  if (maxLifetimeSeconds !== undefined && !isWholeNumber(maxLifetimeSeconds, 1)) {
    problems.push('sharedSecretJwt.maxLifetimeSeconds must be a whole number of at least 1')
  }
  if (clockToleranceSeconds !== undefined && !isWholeNumber(clockToleranceSeconds, 0)) {
    problems.push('sharedSecretJwt.clockToleranceSeconds must be a whole number of at least 0')
  }
  if (audience !== undefined && !isAudience(audience)) {
    problems.push('sharedSecretJwt.audience must be a non-empty string or a list of them')
  }
  if (replay !== undefined && replay !== 'jti')
    problems.push("sharedSecretJwt.replay must be 'jti' or absent")
  return problems
}

function isWholeNumber(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least
}

function isAudience(value: string | readonly string[]): boolean {
  const names = [value].flat()
  return names.length > 0 && names.every(isIdentifier)
}
