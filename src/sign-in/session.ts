import { randomBytes } from 'node:crypto'
import { SignJWT } from 'jose/jwt/sign'
import { BEGUN_AT_CLAIM, SESSION_TYPE } from '../methods/token-type.js'

export interface SessionOptions {
  readonly origin: string
  /** The newest signs. */
  readonly secrets: readonly string[]
  readonly ttlSeconds: number
}

/**
 * Signs a session for a wallet that has proven itself.
 *
 * @param begunAtMs - When it begins as far as ending the earlier ones of its wallet goes.
 */
export type IssueSession = (wallet: string, nowMs: number, begunAtMs: number) => Promise<string>

/** Makes what signs sessions: a JWT whose `typ`, `iss`, `aud` and secret set it apart from every other. */
export function createSessionIssuer({ origin, secrets, ttlSeconds }: SessionOptions): IssueSession {
  const secret = new TextEncoder().encode(secrets[0])
  return (wallet, nowMs, begunAtMs) => {
    const issuedAt = Math.floor(nowMs / 1000)
    return new SignJWT({ jti: randomBytes(16).toString('base64url'), [BEGUN_AT_CLAIM]: begunAtMs })
      .setProtectedHeader({ alg: 'HS256', typ: SESSION_TYPE })
      .setIssuer(origin)
      .setAudience(origin)
      .setSubject(wallet)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ttlSeconds)
      .sign(secret)
  }
}
