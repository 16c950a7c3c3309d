import type { Decision } from './decision.js'
import type { Gate } from './gate.js'
import { grantAccess } from './request-state.js'
import { type GateResponse, toResponse } from './response.js'

/**
 * Carries a decision out, as far as no framework is needed for it: an allowed request is granted its access.
 *
 * @returns What an adapter has to write instead of running the handler; `undefined` where the handler may run.
 */
export function admit(decision: Decision, gate: Gate, message: object): GateResponse | undefined {
  if (decision.type === 'refuse') return toResponse(decision)
  grantAccess(message, gate, decision.access)
  return undefined
}
