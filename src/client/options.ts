import { GateError } from '../gate-error.js'
import type { Clock } from '../ports/clock.js'
import { soundClock, systemClock } from '../system-clock.js'
import type { Base } from './call.js'
import type { Settings } from './exchange.js'
import { clientOptionProblems } from './option-problems.js'
import { platformFetch } from './send.js'
import { sharedSecretToken } from './shared-secret-token.js'
import { askedToken, fixedToken, type TokenSource } from './token-source.js'
import { type Sleep, timerSleep } from './wait.js'

/** What every client may be given. */
export interface CommonClientOptions {
  /** `https`, or `http` on loopback. A path is put before every path that is asked for. */
  readonly baseUrl: string
  /** The Solana address that the calls act for: one that is bound to the credential. Default: none is named. */
  readonly wallet?: string
  /** The header that names the wallet, where the backend has chosen its own. Default `x-wallet-address`. */
  readonly walletHeader?: string
  /** How long each try may take, in milliseconds; a `Response` of `fetch` only up to its body. Default 30000. */
  readonly timeoutMs?: number
  /** How often a call is tried again. 0 to 10. Default 2. */
  readonly maxRetries?: number
  /** The longest `Retry-After` that is waited for, in milliseconds; a longer one is thrown at once. Default 60000. */
  readonly maxWaitMs?: number
  /** Where time comes from. Default: the machine's own clocks. */
  readonly clock?: Clock
  /** What sends, in place of the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** How to wait between tries. Default: a timer. */
  readonly sleep?: Sleep
}

/** A client with an API key. */
export interface ApiKeyClientOptions extends CommonClientOptions {
  readonly apiKey: string
  readonly keyId?: never
  readonly sharedSecret?: never
  readonly accessToken?: never
  readonly keyIdClaim?: never
  readonly tokenLifetimeSeconds?: never
  readonly audience?: never
  readonly jti?: never
}

/** A client that mints HS256 tokens from a key id and its shared secret, and renews them before they expire. */
export interface SharedSecretClientOptions extends CommonClientOptions {
  readonly keyId: string
  readonly sharedSecret: string
  /** The payload claim that names the key. Default `key_id`. */
  readonly keyIdClaim?: string
  /** From `iat` to `exp`. 1 to 3600. Default 300. */
  readonly tokenLifetimeSeconds?: number
  /** The `aud` claim. Default none; a backend that expects none refuses one. */
  readonly audience?: string
  /** Whether each try gets a token of its own with a `jti`, for backends with `replay: 'jti'`. Default false. */
  readonly jti?: boolean
  readonly apiKey?: never
  readonly accessToken?: never
}

/** A client with a token that was made elsewhere: a wallet session, or an identity provider's. */
export interface AccessTokenClientOptions extends CommonClientOptions {
  /** The token, or a function that answers one and is asked before each try. */
  readonly accessToken: string | (() => string | Promise<string>)
  readonly apiKey?: never
  readonly keyId?: never
  readonly sharedSecret?: never
  readonly keyIdClaim?: never
  readonly tokenLifetimeSeconds?: never
  readonly audience?: never
  readonly jti?: never
}

/** What a client is made from: exactly one kind of credential. */
export type ClientOptions = ApiKeyClientOptions | SharedSecretClientOptions | AccessTokenClientOptions

/** Checks options and fills in the defaults. */
export function readOptions(options: ClientOptions): Settings {
  const problems = clientOptionProblems(options)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const clock = soundClock(options.clock ?? systemClock)
  return {
    base: baseOf(options.baseUrl),
    tokens: tokensOf(options, clock),
    wallet: options.wallet,
    walletHeader: options.walletHeader?.toLowerCase() ?? 'x-wallet-address',
    timeoutMs: options.timeoutMs ?? 30_000,
    maxRetries: options.maxRetries ?? 2,
    maxWaitMs: options.maxWaitMs ?? 60_000,
    clock,
    fetch: options.fetch ?? platformFetch,
    sleep: options.sleep ?? timerSleep,
  }
}

function baseOf(baseUrl: string): Base {
  const { origin, pathname } = new URL(baseUrl)
  return { origin, prefix: origin + pathname.replace(/\/+$/, '') }
}

function tokensOf(options: ClientOptions, clock: Clock): TokenSource {
  if (options.apiKey !== undefined) return fixedToken(options.apiKey)
  if (options.accessToken !== undefined) {
    const { accessToken } = options
    return typeof accessToken === 'function' ? askedToken(accessToken) : fixedToken(accessToken)
  }
  const { keyId, sharedSecret, keyIdClaim = 'key_id', tokenLifetimeSeconds = 300, audience, jti } = options
  const settings = { keyId, sharedSecret, keyIdClaim, audience, single: jti === true }
  return sharedSecretToken({ ...settings, lifetimeSeconds: tokenLifetimeSeconds }, clock)
}
