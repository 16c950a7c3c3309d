import { type Access, type Decision, type GateRequest, type Refusal, toResponse } from 'sallyport'

/** A gate, as far as it decides. */
export type Decider = (request: GateRequest) => Decision | Promise<Decision>

export async function refusalOf(gate: Decider, request: GateRequest): Promise<Refusal> {
  const decision = await gate(request)
  if (decision.type === 'refuse') return decision
  throw new Error(`allowed as ${decision.access.principal.accountId}, where a refusal was expected`)
}

export async function accessOf<A extends Access>(
  gate: (request: GateRequest) => Decision<A> | Promise<Decision<A>>,
  request: GateRequest,
): Promise<A> {
  const decision = await gate(request)
  if (decision.type === 'allow') return decision.access
  throw new Error(`refused with ${decision.code}, where access was expected`)
}

/** `allowed`, or the code of the refusal. */
export async function codeOf(gate: Decider, request: GateRequest): Promise<string> {
  const decision = await gate(request)
  return decision.type === 'allow' ? 'allowed' : decision.code
}

/** The answer on the wire. */
export function wireOf(refusal: Refusal) {
  const { status, headers, body } = toResponse(refusal)
  return { status, headers, body: JSON.parse(body) as Record<string, unknown> }
}

/** The answer as a text that two refusals share exactly where a caller cannot tell them apart. */
export function wireText(refusal: Refusal): string {
  return JSON.stringify(toResponse(refusal)).replaceAll(refusal.decisionId, '<decision_id>')
}
