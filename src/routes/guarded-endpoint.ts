import type { Access } from '../access.js'
import { Refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { renderRefused } from '../render-refused.js'
import type { GateRequest } from '../request.js'
import { type GateResponse, jsonResponse, toResponse } from '../response.js'
import { inspectGate } from '../wiring.js'
import type { Endpoint, IncomingBody, PathParams } from './endpoint.js'

/** A request that the gate has let in. */
export interface Admitted<A extends Access = Access> {
  readonly access: A
  readonly request: GateRequest
  readonly body: IncomingBody
  readonly params: PathParams
}

/** What is answered: a JSON object with status 200, or a whole answer. */
type Answer = object | Refused | GateResponse

/** An endpoint that only those reach whom `gate` lets in; whatever it refuses is rendered as the gate's refusals are. */
export function guardedEndpoint<A extends Access>(
  gate: Gate<A>,
  method: Endpoint['method'],
  path: string,
  answer: (admitted: Admitted<A>) => Promise<Answer>,
): Endpoint {
  const { wiring } = inspectGate(gate)
  return {
    method,
    path,
    async handle(request, body, params) {
      const decision = await gate(request)
      if (decision.type === 'refuse') return toResponse(decision)
      const { access } = decision
      const outcome = await answer({ access, request, body, params })
      if (outcome instanceof Refused) return renderRefused(outcome, wiring, request, access)
      return isResponse(outcome) ? outcome : jsonResponse(200, outcome)
    },
  }
}

function isResponse(outcome: object): outcome is GateResponse {
  return 'status' in outcome && 'headers' in outcome && 'body' in outcome
}
