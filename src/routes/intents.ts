import { Refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { spendingOf } from '../spend/spending.js'
import { inspectGate } from '../wiring.js'
import { readAskedSpend } from './authorize-body.js'
import { verdictViewOf } from './authorize-view.js'
import type { Endpoint } from './endpoint.js'
import { guardedEndpoint } from './guarded-endpoint.js'

/**
 * `POST /v1/intents/validate`: an enterprise asks, before its agent acts, what would be answered to the processor. It is
 * decided and logged as any other, holds nothing, and asks nobody for an approval.
 *
 * @param enterprises - Lets in who may ask.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending.
 */
export function validateIntent(enterprises: Gate): Endpoint {
  const { authorizer } = spendingOf(inspectGate(enterprises).wiring)

  return guardedEndpoint(enterprises, 'POST', '/v1/intents/validate', async ({ access, request, body }) => {
    const asked = await readAskedSpend(request, body)
    if (asked instanceof Refused) return asked
    const outcome = await authorizer.decide({
      purpose: 'intent',
      access,
      request,
      reservation: null,
      ...asked,
    })
    return outcome instanceof Refused ? outcome : verdictViewOf(outcome.decision)
  })
}
