import { randomBytes } from 'node:crypto'
import type { EndedThrough } from '../credentials/ended-sessions.js'
import { ENDED_THROUGH_CLAIM, SESSION_TYPE } from '../methods/token-type.js'

/** Whose sessions these are and how long they last. */
export interface SessionOptions {
  readonly origin: string
  /** The newest signs. */
  readonly secrets: readonly string[]
  readonly ttlSeconds: number
}

/**
 * Signs a session for a wallet that has proven itself.
 *
 * @param endedThroughMs - What has ended the earlier ones of its wallet.
 */
export type IssueSession = (wallet: string, nowMs: number, endedThroughMs: EndedThrough) => Promise<string>

/** Makes what signs sessions: a JWT whose `typ`, `iss`, `aud` and secret set it apart from every other. */
export function createSessionIssuer({ origin, secrets, ttlSeconds }: SessionOptions): IssueSession {
  const secret = new TextEncoder().encode(secrets[0])
  return async (wallet, nowMs, endedThroughMs) => {
    const { SignJWT } = await import('jose/jwt/sign')
    const issuedAt = Math.floor(nowMs / 1000)
    return new SignJWT({ jti: randomBytes(16).toString('base64url'), [ENDED_THROUGH_CLAIM]: endedThroughMs })
      .setProtectedHeader({ alg: 'HS256', typ: SESSION_TYPE })
      .setIssuer(origin)
      .setAudience(origin)
      .setSubject(wallet)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ttlSeconds)
      .sign(secret)
  }
}
