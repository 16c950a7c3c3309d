import { Refused, refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { spendingOf } from '../spend/spending.js'
import { inspectGate } from '../wiring.js'
import { readAskedSpend } from './authorize-body.js'
import { authorizationViewOf } from './authorize-view.js'
import type { Endpoint } from './endpoint.js'
import { guardedEndpoint } from './guarded-endpoint.js'
import { authorizationIdOf, readIdempotencyKey } from './idempotency.js'

const PATH = '/v1/authorize'
const CONFLICT = refused('idempotency_conflict', {})

/**
 * `POST /v1/authorize`: a processor asks whether an instrument may be charged. What is approved is held until it is
 * captured or voided, or its time is over. The same `Idempotency-Key` with the same body is the same authorization, and
 * is answered byte for byte as the first time.
 *
 * @param processors - Lets in who may ask.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending.
 */
export function authorize(processors: Gate): Endpoint {
  const { authorizer } = spendingOf(inspectGate(processors).wiring)

  return guardedEndpoint(processors, 'POST', PATH, async ({ access, request, body }) => {
    const key = readIdempotencyKey(request)
    if (key instanceof Refused) return key
    const asked = await readAskedSpend(request, body)
    if (asked instanceof Refused) return asked
    const { accountId } = access.principal
    const id = authorizationIdOf(accountId, PATH, key)
    const reservation = { id, renews: false, isAwaited: key !== undefined }
    const outcome = await authorizer.decide({ purpose: 'authorize', access, request, reservation, ...asked })
    if (outcome instanceof Refused) return outcome
    const isSame = outcome.reservation === null || outcome.reservation.fingerprint === asked.requestDigest
    return isSame ? authorizationViewOf(outcome) : CONFLICT
  })
}
