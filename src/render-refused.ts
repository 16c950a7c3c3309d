import type { Access } from './access.js'
import type { Refusal, Refused } from './decision.js'
import { nextDecisionId } from './decision-id.js'
import type { GateRequest } from './request.js'
import { type GateResponse, toResponse } from './response.js'
import type { Wiring } from './wiring.js'

/**
 * Renders what an endpoint, or a guard of spending, refuses by itself, as the gate renders its refusals. It is a decision
 * of its own, with an id and an event: what let the caller in has been told of already.
 *
 * @param access - Who was let in; absent on endpoints that are open to all.
 */
export function renderRefused(
  { reason }: Refused,
  { config, reporter }: Wiring,
  request: GateRequest,
  access?: Access,
): GateResponse {
  const trace = reporter.begin()
  const refusal: Refusal = { type: 'refuse', ...reason, decisionId: nextDecisionId(), realm: config.realm }
  const wallet = access?.wallet?.address
  reporter.end(refusal, { request, trace, principal: access?.principal, wallet, balance: undefined })
  return toResponse(refusal)
}
