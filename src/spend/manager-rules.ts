import type { FieldProblem } from './field-problem.js'
import {
  FIRST_STATUS,
  ID,
  INSTRUMENT,
  MODE,
  MOMENT,
  NAME,
  optional,
  PROCESSORS,
  readFields,
  STATUS,
  Unfit,
  unfit,
} from './manager-fields.js'
import type { Content, FindOwn, KindRules } from './manager-keeper.js'
import { isRefusedPolicy, readPolicyDocument } from './policy-document.js'
import {
  type Agent,
  agents,
  type Binding,
  bindings,
  type Mandate,
  mandates,
  type PolicyRecord,
  policies,
  type SpendStatus,
} from './records.js'

/** How agents come to be and change. */
export const agentRules: KindRules<Agent> = {
  codec: agents,
  prefix: 'agt_',
  begin: (input) => readFields(input, { name: NAME, status: optional(FIRST_STATUS, 'active') }),
  change(current, input) {
    const { name, status } = current
    const next = readFields(input, { name: optional(NAME, name), status: optional(STATUS, status) })
    return next instanceof Unfit ? next : unlessFinal(current, next)
  },
}

/** How mandates come to be and change. An agent has its mandates for good. */
export const mandateRules: KindRules<Mandate> = {
  codec: mandates,
  prefix: 'sa_',
  async begin(input, find) {
    const next = readFields(input, {
      agentId: ID,
      policyId: ID,
      name: NAME,
      mode: optional(MODE, 'observe'),
      status: optional(FIRST_STATUS, 'active'),
      validFromMs: optional(MOMENT, null),
      validUntilMs: optional(MOMENT, null),
      processors: optional(PROCESSORS, []),
    })
    if (next instanceof Unfit) return next
    const problems = [
      ...(await agentProblems(next.agentId, find)),
      ...(await policyProblems(next.policyId, find)),
      ...validityProblems(next),
    ]
    return problems.length > 0 ? new Unfit(problems) : next
  },
  async change(current, input, find) {
    const { agentId, policyId } = current
    const changed = readFields(input, {
      policyId: optional(ID, policyId),
      name: optional(NAME, current.name),
      mode: optional(MODE, current.mode),
      status: optional(STATUS, current.status),
      validFromMs: optional(MOMENT, current.validFromMs),
      validUntilMs: optional(MOMENT, current.validUntilMs),
      processors: optional(PROCESSORS, current.processors),
    })
    if (changed instanceof Unfit) return changed
    const problems = [
      ...(changed.policyId === policyId ? [] : await policyProblems(changed.policyId, find)),
      ...validityProblems(changed),
    ]
    return problems.length > 0 ? new Unfit(problems) : unlessFinal(current, { agentId, ...changed })
  },
}

/** How policies come to be and change: each time as a whole document. */
export const policyRules: KindRules<PolicyRecord> = {
  codec: policies,
  prefix: 'pol_',
  begin: readPolicy,
  change: (_current, input) => readPolicy(input),
}

/** How bindings come to be and change. What an instrument spends under is changed by retiring one and making another. */
export const bindingRules: KindRules<Binding> = {
  codec: bindings,
  prefix: 'bnd_',
  taken: { path: 'instrument', problem: 'is bound already' },
  async begin(input, find) {
    const shape = { mandateId: ID, instrument: INSTRUMENT, status: optional(FIRST_STATUS, 'active') }
    const next = readFields(input, shape)
    if (next instanceof Unfit) return next
    const mandate = await find(mandates, next.mandateId)
    if (mandate === undefined) return unfit('mandateId', 'names no spending authority of this account')
    if (mandate.status === 'retired') return unfit('mandateId', 'names a spending authority that is retired')
    return next
  },
  change(current, input) {
    const { mandateId, instrument } = current
    const next = readFields(input, { status: optional(STATUS, current.status) })
    return next instanceof Unfit ? next : unlessFinal(current, { mandateId, instrument, ...next })
  },
}

function readPolicy(document: unknown): Content<PolicyRecord> | Unfit {
  const policy = readPolicyDocument(document)
  return isRefusedPolicy(policy) ? new Unfit(policy) : { policy }
}

async function agentProblems(agentId: string, find: FindOwn): Promise<readonly FieldProblem[]> {
  const agent = await find(agents, agentId)
  if (agent === undefined) return unfit('agentId', 'names no agent of this account').problems
  return agent.status === 'retired' ? unfit('agentId', 'names an agent that is retired').problems : []
}

async function policyProblems(policyId: string, find: FindOwn): Promise<readonly FieldProblem[]> {
  const policy = await find(policies, policyId)
  return policy === undefined ? unfit('policyId', 'names no policy of this account').problems : []
}

function validityProblems({
  validFromMs,
  validUntilMs,
}: Pick<Mandate, 'validFromMs' | 'validUntilMs'>): readonly FieldProblem[] {
  if (validFromMs === null || validUntilMs === null || validFromMs < validUntilMs) return []
  return unfit('validUntilMs', 'must be after the time from which it is in force').problems
}

/** What is retired stays as it is: to be told so again changes nothing. */
function unlessFinal<C extends object>(current: { readonly status: SpendStatus }, next: C): C | Unfit {
  if (current.status !== 'retired') return next
  const before: Readonly<Record<string, unknown>> = { ...current }
  const isSame = Object.entries(next).every(
    ([name, value]) => JSON.stringify(value) === JSON.stringify(before[name]),
  )
  return isSame ? next : unfit('status', 'is retired, and what is retired is not changed any more')
}
