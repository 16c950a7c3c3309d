import { Refused, refused } from '../decision.js'
import type { Action } from '../spend/evaluate.js'
import type { FieldProblem } from '../spend/field-problem.js'
import { isRecordId } from '../spend/manager-fields.js'
import type { SpendPolicy } from '../spend/policy.js'
import { isRefusedPolicy, readPolicyDocument } from '../spend/policy-document.js'
import { readAskedSpend } from './authorize-body.js'
import { readJsonDocument } from './body.js'
import type { Admitted } from './guarded-endpoint.js'
import { readTimestamp, TIMESTAMP_RULE } from './management-time.js'
import { bodyRefusal } from './management-wire.js'

/** What is to be simulated: a spend, or what was decided under a mandate in a period. */
export interface AskedSimulation {
  /** The policy itself, or the id of one. */
  readonly policy: SpendPolicy | string
  readonly of: Action | AskedPeriod
}

/** What was decided from `sinceMs` on, and before `untilMs`. */
export interface AskedPeriod {
  readonly mandateId: string
  readonly sinceMs: number
  readonly untilMs: number
}

type Members = Readonly<Record<string, unknown>>

const OF_SPEND = ['policy', 'policy_id', 'request']
const OF_PERIOD = ['policy', 'policy_id', 'spending_authority_id', 'since', 'until']
// A policy, and a spend beside it.
const MAX_BYTES = 278_528

/** Reads what is to be simulated. */
export async function readSimulation(admitted: Admitted, nowMs: number): Promise<AskedSimulation | Refused> {
  const members = await readJsonDocument(admitted.request, admitted.body, MAX_BYTES)
  if (members instanceof Refused) return members
  const isOfSpend = Object.hasOwn(members, 'request')
  if (isOfSpend === Object.hasOwn(members, 'spending_authority_id')) {
    return invalid('The body must have either request or spending_authority_id')
  }
  const known = isOfSpend ? OF_SPEND : OF_PERIOD
  if (!Object.keys(members).every((name) => known.includes(name))) {
    return invalid(`The body has members other than ${known.join(', ')}`)
  }
  const problems: FieldProblem[] = []
  const policy = readPolicy(members, problems)
  const period = isOfSpend ? undefined : readPeriod(members, nowMs, problems)
  if (problems.length > 0 || policy === undefined) return bodyRefusal(problems, {})
  if (period !== undefined) return { policy, of: period }
  const action = await readAction(admitted, members.request)
  return action instanceof Refused ? action : { policy, of: action }
}

function readPolicy(members: Members, problems: FieldProblem[]): SpendPolicy | string | undefined {
  const { policy: document, policy_id: id } = members
  if ((document === undefined) === (id === undefined)) {
    problems.push({ path: 'policy', problem: 'or policy_id must be there, and not both' })
    return undefined
  }
  if (document === undefined) {
    if (isRecordId(id)) return id
    problems.push({ path: 'policy_id', problem: 'must be the id of a policy' })
    return undefined
  }
  const policy = readPolicyDocument(document)
  if (!isRefusedPolicy(policy)) return policy
  problems.push(...policy.map(({ path, problem }) => ({ path: pathIn('policy', path), problem })))
  return undefined
}

function pathIn(name: string, path: string): string {
  return path === '' || path.startsWith('[') ? `${name}${path}` : `${name}.${path}`
}

function readPeriod(members: Members, nowMs: number, problems: FieldProblem[]): AskedPeriod {
  const { spending_authority_id: mandateId, since, until } = members
  const sinceMs = readTimestamp(since)
  const untilMs = until === undefined ? nowMs : readTimestamp(until)
  if (!isRecordId(mandateId)) {
    problems.push({ path: 'spending_authority_id', problem: 'must be the id of a spending authority' })
  }
  if (sinceMs === undefined) problems.push({ path: 'since', problem: TIMESTAMP_RULE })
  if (untilMs === undefined) problems.push({ path: 'until', problem: TIMESTAMP_RULE })
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs >= untilMs) {
    problems.push({ path: until === undefined ? 'since' : 'until', problem: 'must leave some time between' })
  }
  return { mandateId: String(mandateId), sinceMs: sinceMs ?? 0, untilMs: untilMs ?? 0 }
}

// As a processor's request, but for the instrument, which makes no difference to a policy.
async function readAction({ request, body }: Admitted, value: unknown): Promise<Action | Refused> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid('request must be an object')
  }
  const parsed = { instrument_id: 'simulated', ...value }
  const asked = await readAskedSpend(request, { ...body, parsed })
  if (!(asked instanceof Refused)) return asked.action
  const { reason } = asked
  return reason.code === 'body_invalid' ? invalid(`request: ${reason.problem}`) : asked
}

function invalid(problem: string): Refused {
  return refused('body_invalid', { problem })
}
