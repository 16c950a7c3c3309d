import type { Access, WithWallet } from '../access.js'
import type { SessionMark } from '../credentials/ended-sessions.js'
import { extractBearer } from '../extraction.js'
import { parseCompactJwt } from '../methods/compact-jwt.js'
import { readTimes } from '../methods/jwt-times.js'
import { endedThroughOf } from '../methods/wallet-session.js'
import { type GateRequest, readHeader } from '../request.js'

/** What the token of a session says, beside who it is for. */
export interface SessionToken {
  readonly mark: SessionMark
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** Reads the session of a request that a gate has let in by it: its token is sound. */
export function readSession(request: GateRequest, { principal, wallet }: WithWallet<Access>): SessionToken {
  const token = extractBearer(readHeader(request, 'authorization'))
  const payload = typeof token === 'string' ? parseCompactJwt(token)?.payload : undefined
  const times = payload && readTimes(payload)
  const endedThroughMs = payload && endedThroughOf(payload)
  if (times?.iat === undefined || endedThroughMs === undefined) {
    throw new Error('a session that was let in cannot be read')
  }
  return {
    mark: { id: principal.credentialId, wallet: wallet.address, endedThroughMs },
    issuedAtMs: times.iat * 1000,
    expiresAtMs: times.exp * 1000,
  }
}
