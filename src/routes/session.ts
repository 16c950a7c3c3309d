import { Refused } from '../decision.js'
import { extractBearer } from '../extraction.js'
import type { Gate } from '../gate.js'
import { parseCompactJwt } from '../methods/compact-jwt.js'
import { readTimes } from '../methods/jwt-times.js'
import type { GateRequest } from '../request.js'
import { readHeader } from '../request.js'
import { endNow } from '../revoke.js'
import { inspectGate } from '../wiring.js'
import { readOptionalJsonObject } from './body.js'
import type { Endpoint } from './endpoint.js'
import { guardedEndpoint } from './guarded-endpoint.js'

/** `GET /v1/auth/me` and `POST /v1/auth/wallet/logout`: what a session is, and its end. */
export function session(gate: Gate): readonly Endpoint[] {
  const { wiring } = inspectGate(gate)
  const sessionGate = gate.with({ methods: ['walletSession'], wallet: 'required' })

  return [
    guardedEndpoint(sessionGate, 'GET', '/v1/auth/me', async ({ access, request }) => {
      const { issuedAtMs, expiresAtMs } = timesOf(request)
      return {
        user_id: access.principal.accountId,
        wallet_address: access.wallet.address,
        is_active: true,
        last_login_at: new Date(issuedAtMs).toISOString(),
        session_expires_at: new Date(expiresAtMs).toISOString(),
      }
    }),
    guardedEndpoint(sessionGate, 'POST', '/v1/auth/wallet/logout', async ({ access, request, body }) => {
      const members = await readOptionalJsonObject(request, body, [])
      if (members instanceof Refused) return members
      const ended = await endNow(wiring, {
        kind: 'session',
        id: access.principal.credentialId,
        atMs: wiring.config.clock.wallMs(),
        untilMs: timesOf(request).expiresAtMs,
      })
      return ended instanceof Refused ? ended : { success: true }
    }),
  ]
}

// The gate has let the session in, so its token is sound.
function timesOf(request: GateRequest): { readonly issuedAtMs: number; readonly expiresAtMs: number } {
  const token = extractBearer(readHeader(request, 'authorization'))
  const payload = typeof token === 'string' ? parseCompactJwt(token)?.payload : undefined
  const times = payload && readTimes(payload)
  if (times?.iat === undefined) throw new Error('a session that was let in has no times')
  return { issuedAtMs: times.iat * 1000, expiresAtMs: times.exp * 1000 }
}
