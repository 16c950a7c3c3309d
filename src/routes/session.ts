import { Refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { endNow } from '../revoke.js'
import { inspectGate } from '../wiring.js'
import { readOptionalJsonObject } from './body.js'
import type { Endpoint } from './endpoint.js'
import { guardedEndpoint } from './guarded-endpoint.js'
import { readSession } from './session-token.js'

/** `GET /v1/auth/me` and `POST /v1/auth/wallet/logout`: what a session is, and its end. */
export function session(gate: Gate): readonly Endpoint[] {
  const { wiring } = inspectGate(gate)
  const sessionGate = gate.with({ methods: ['walletSession'], wallet: 'required' })

  return [
    guardedEndpoint(sessionGate, 'GET', '/v1/auth/me', async ({ access, request }) => {
      const { issuedAtMs, expiresAtMs } = readSession(request, access)
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
        untilMs: readSession(request, access).expiresAtMs,
      })
      return ended instanceof Refused ? ended : { success: true }
    }),
  ]
}
