import { SignJWT } from 'jose/jwt/sign'
import { NOTHING_ENDED } from '../credentials/ended-sessions.js'
import type { IssuedSharedSecret } from '../credentials/issue.js'
import { createSessionIssuer } from '../sign-in/session.js'

/** What a token says beside who made it. */
export interface TokenOptions {
  /** When it is made: wall clock, milliseconds. */
  readonly nowMs: number
  /** Default 300. */
  readonly lifetimeSeconds?: number
  /** Claims beside `key_id`, `iat` and `exp`, or in their place. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/**
 * A JWT as a caller mints it from a `key_id` and a shared secret.
 *
 * @example
 * const token = await mintToken(await store.issueSharedSecret({ accountId: 'acme' }), { nowMs: clock.wallMs() })
 */
export function mintToken(
  { keyId, sharedSecret }: Pick<IssuedSharedSecret, 'keyId' | 'sharedSecret'>,
  { nowMs, lifetimeSeconds = 300, claims = {} }: TokenOptions,
): Promise<string> {
  const iat = Math.floor(nowMs / 1000)
  return new SignJWT({ key_id: keyId, iat, exp: iat + lifetimeSeconds, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(sharedSecret))
}

/** Whose session is minted, and with what. */
export interface SessionTokenOptions {
  /** As in `walletSession`. */
  readonly origin: string
  readonly secret: string
  /** Base58. */
  readonly wallet: string
  /** When it is made: wall clock, milliseconds. */
  readonly nowMs: number
  /** Default 1800. */
  readonly ttlSeconds?: number
}

/** A session as sign-in issues it where nothing has been revoked yet, without the signing. */
export function mintSession(options: SessionTokenOptions): Promise<string> {
  const { origin, secret, wallet, nowMs, ttlSeconds = 1_800 } = options
  return createSessionIssuer({ origin, secrets: [secret], ttlSeconds })(wallet, nowMs, NOTHING_ENDED)
}
