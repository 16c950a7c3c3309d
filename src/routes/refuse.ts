import { randomUUID } from 'node:crypto'
import type { Refused } from '../decision.js'
import { type GateResponse, toResponse } from '../response.js'
import type { Wiring } from '../wiring.js'

/**
 * Renders what an endpoint refuses by itself, as the gate renders its refusals.
 *
 * @param decisionId - That of the decision which let the caller in; absent on endpoints that are open to all.
 */
export function renderRefused(
  { reason }: Refused,
  { config }: Wiring,
  decisionId: string = randomUUID(),
): GateResponse {
  return toResponse({ type: 'refuse', ...reason, decisionId, realm: config.realm })
}
