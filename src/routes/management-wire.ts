import { type Refused, refused } from '../decision.js'
import type { FieldProblem } from '../spend/field-problem.js'
import { MOMENT } from '../spend/manager-fields.js'
import { readTimestamp, TIMESTAMP_RULE } from './management-time.js'

type Members = Readonly<Record<string, unknown>>

/** What the members of a body are called in code, by what they are called on the wire. A dot leads to one within. */
export type WireNames = Readonly<Record<string, string>>

/** What may be said of an agent. */
export const AGENT_NAMES: WireNames = { name: 'name', status: 'status' }

/** What may be changed of a mandate, which on the wire is a spending authority. */
export const MANDATE_CHANGES: WireNames = {
  policy_id: 'policyId',
  name: 'name',
  mode: 'mode',
  status: 'status',
  valid_from: 'validFromMs',
  valid_until: 'validUntilMs',
  processor_account_ids: 'processors',
}

/** What may be said of a new mandate. */
export const MANDATE_NAMES: WireNames = { agent_id: 'agentId', ...MANDATE_CHANGES }

/** What may be changed of a binding. */
export const BINDING_CHANGES: WireNames = { status: 'status' }

/** What may be said of a new binding. */
export const BINDING_NAMES: WireNames = {
  spending_authority_id: 'mandateId',
  instrument_type: 'instrument.type',
  instrument_id: 'instrument.id',
  ...BINDING_CHANGES,
}

/** A policy is its document, in code and on the wire. */
export const POLICY_NAMES: WireNames = {}

const MAX_TOLD = 10

/** The members of a body as they are called in code, and times in milliseconds. */
export function fromWire(members: Members, names: WireNames): Members {
  const input: Record<string, unknown> = {}
  for (const [wireName, name] of Object.entries(names)) {
    const [outer = '', inner] = name.split('.')
    const target = inner === undefined ? input : innerOf(input, outer)
    if (!Object.hasOwn(members, wireName)) continue
    target[inner ?? outer] = name.endsWith('Ms') ? momentOf(members[wireName]) : members[wireName]
  }
  return input
}

function innerOf(input: Record<string, unknown>, name: string): Record<string, unknown> {
  const inner = (input[name] ?? {}) as Record<string, unknown>
  input[name] = inner
  return inner
}

// What is no time is refused where it is read.
function momentOf(value: unknown): unknown {
  return value === null ? null : (readTimestamp(value) ?? Number.NaN)
}

/** Refuses a body for what is wrong with it: the first ten things, by the names of the wire. */
export function bodyRefusal(problems: readonly FieldProblem[], names: WireNames): Refused {
  const told = problems.slice(0, MAX_TOLD).map((problem) => sentenceOf(problem, names))
  const more = problems.length - told.length
  return refused('body_invalid', {
    problem: [...told, ...(more > 0 ? [`And ${more} more`] : [])].join('. '),
  })
}

function sentenceOf({ path, problem }: FieldProblem, names: WireNames): string {
  const wireName = Object.keys(names).find((name) => names[name] === path) ?? path
  const told = problem === MOMENT.rule ? `${TIMESTAMP_RULE}, or null` : problem
  return `${wireName === '' ? 'The body' : wireName} ${told}`
}
