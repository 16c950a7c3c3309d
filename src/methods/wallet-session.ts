import { MIN_SECRET_BYTES } from '../credentials/credential.js'
import { type EndedThrough, NOTHING_ENDED } from '../credentials/ended-sessions.js'
import { isStrongSecret } from '../credentials/record-check.js'
import { MAX_SESSION_SECONDS } from '../credentials/revocation.js'
import { accountOfWallet } from '../credentials/wallet-account.js'
import { Refused, refused } from '../decision.js'
import { isOptions, unknownOptions } from '../option-check.js'
import { isServiceUrl } from '../service-url.js'
import { isWalletAddress } from '../wallet-address.js'
import { createIdentity } from './identity.js'
import { prepareVerifier, provesWithOneOf, SecretKey } from './jws-signature.js'
import { isIdentifier } from './jwt-claims.js'
import { judgeTimes, readTimes, windowOf } from './jwt-times.js'
import type { JwtMethod, Verification } from './method.js'
import { ENDED_THROUGH_CLAIM, SESSION_TYPE } from './token-type.js'

/** Whose sessions these are and how long they last. */
export interface WalletSessionOptions {
  /** Where the service lives, for example `https://api.example`: `iss` and `aud` of every session. Never a Host header. */
  readonly origin: string
  /** Each at least 32 bytes, the newest first. All of them verify, so that they can be exchanged without a log-out. */
  readonly secrets: readonly string[]
  /** How long a session lasts, and the longest that is honoured, in seconds. Default 1800, at most 2,592,000. */
  readonly sessionTtlSeconds?: number
  /** How long a wallet may take to sign a challenge, in seconds. Default 300. */
  readonly challengeTtlSeconds?: number
}

/** The options of a `walletSession`, for the endpoints that issue what it verifies. */
export type SessionSettings = Required<WalletSessionOptions>

const settings = new WeakMap<object, SessionSettings>()

/** What a method was made with; `undefined` where it is no `walletSession`. */
export function sessionSettingsOf(method: JwtMethod): SessionSettings | undefined {
  return settings.get(method)
}

const OPTIONS = ['origin', 'secrets', 'sessionTtlSeconds', 'challengeTtlSeconds'] as const
const ALGORITHMS = ['HS256']
const INVALID = refused('credential_invalid', { presented: 'token' })
const ENDED = refused('credential_invalid', { presented: 'token', hint: 'the session was ended' })
const TOLERANCE_SECONDS = 5

/**
 * Sessions that this service issued to a wallet after sign-in: `iss` and `aud` are the origin, `sub` the wallet.
 *
 * @example
 * createGate({ store, methods: [walletSession({ origin: 'https://api.example', secrets: [sessionSecret] })] })
 */
export function walletSession(options: WalletSessionOptions): JwtMethod {
  const problems = problemsOf(options)
  const { origin, secrets, sessionTtlSeconds = 1800, challengeTtlSeconds = 300 } = options ?? {}
  const rules = { toleranceSeconds: TOLERANCE_SECONDS, maxLifetimeSeconds: sessionTtlSeconds }
  const keys = problems.length === 0 ? secrets.map((secret) => new SecretKey(secret)) : []
  prepareVerifier()

  const method: JwtMethod = {
    name: 'walletSession',
    presents: 'jwt',
    form: `a JWT with typ ${SESSION_TYPE}`,
    needsClaim: false,
    problems,
    recognizes: ({ header }) => header.typ === SESSION_TYPE,
    async verify({ token, header, payload }, context): Promise<Verification> {
      const times = readTimes(payload)
      const { iss, aud, sub, jti } = payload
      if (header.alg !== 'HS256' || times?.iat === undefined) return INVALID
      if (iss !== origin || aud !== origin || !isIdentifier(jti)) return INVALID
      if (typeof sub !== 'string' || !isWalletAddress(sub)) return INVALID
      if (!(await provesWithOneOf(token, keys, ALGORITHMS))) return INVALID
      const late = judgeTimes(times, rules, context.nowMs)
      if (late !== undefined) return late
      const endedThroughMs = endedThroughOf(payload)
      if (endedThroughMs === undefined) return INVALID
      const ended = await context.hasEnded({ id: jti, wallet: sub, endedThroughMs })
      if (ended instanceof Refused) return ended
      return ended ? ENDED : { identity: sessionIdentity(sub, jti), ...windowOf(times, rules) }
    },
  }
  settings.set(method, { origin, secrets, sessionTtlSeconds, challengeTtlSeconds })
  return method
}

/** What had ended earlier sessions when this one was begun; `undefined` where its payload says so in no known way. */
export function endedThroughOf(payload: Readonly<Record<string, unknown>>): EndedThrough | undefined {
  const { [ENDED_THROUGH_CLAIM]: value = NOTHING_ENDED } = payload
  return isEndedThrough(value) ? value : undefined
}

function isEndedThrough(value: unknown): value is EndedThrough {
  return Array.isArray(value) && value.length === 3 && value.every((ms) => Number.isFinite(ms))
}

function sessionIdentity(wallet: string, jti: string) {
  const accountId = accountOfWallet(wallet)
  return createIdentity(
    { kind: 'walletSession', accountId, credentialId: jti, role: null, scopes: [], wallets: [wallet] },
    'optional',
  )
}

function problemsOf(options: WalletSessionOptions): string[] {
  if (!isOptions(options)) return ['walletSession must be given options, at least { origin, secrets }']
  const problems = unknownOptions('walletSession', options, OPTIONS)
  const { origin, secrets } = options
  if (!isServiceUrl(origin) || new URL(origin).origin !== origin) {
    problems.push(
      'walletSession.origin must be an origin such as https://api.example (http only on loopback)',
    )
  }
  if (!Array.isArray(secrets) || secrets.length === 0 || !secrets.every(isStrongSecret)) {
    problems.push(
      `walletSession.secrets must be a list of strings of at least ${MIN_SECRET_BYTES} bytes (openssl rand -base64 32; an unset environment variable?)`,
    )
  }
  for (const name of ['sessionTtlSeconds', 'challengeTtlSeconds'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1 && value <= MAX_SESSION_SECONDS)) {
      problems.push(`walletSession.${name} must be a whole number from 1 to ${MAX_SESSION_SECONDS}`)
    }
  }
  return problems
}
