import { Refused, refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { jsonResponse } from '../response.js'
import { INSTRUMENT } from '../spend/manager-fields.js'
import type { RecordKeeper } from '../spend/manager-keeper.js'
import type { Recorded } from '../spend/records.js'
import { inspectGate, type Wiring } from '../wiring.js'
import { readJsonDocument, readJsonObject } from './body.js'
import type { Endpoint } from './endpoint.js'
import { type Admitted, guardedEndpoint } from './guarded-endpoint.js'
import { approvalEndpoints } from './management-approvals.js'
import { createManagementDesk, type ManagementDesk } from './management-desk.js'
import { mayBind } from './management-instruments.js'
import { readPageQuery } from './management-query.js'
import { agentViewOf, bindingViewOf, mandateViewOf, policyViewOf } from './management-view.js'
import {
  AGENT_NAMES,
  BINDING_CHANGES,
  BINDING_NAMES,
  fromWire,
  MANDATE_CHANGES,
  MANDATE_NAMES,
  POLICY_NAMES,
  type WireNames,
} from './management-wire.js'

/** A kind of record, and how it is spoken of on the wire. */
interface Resource<T extends Recorded> {
  readonly path: string
  /** What a list of them is called. */
  readonly plural: string
  /** What the id of one is called. */
  readonly idName: string
  /** What the id of what they belong to is called in a query, where they can be listed by it. */
  readonly parentName?: string
  readonly keeper: RecordKeeper<T>
  readonly names: WireNames
  readBody(admitted: Admitted, names: WireNames): Promise<unknown>
  /** Refuses what the caller may not make. */
  mayCreate?(admitted: Admitted, input: unknown): Promise<undefined | Refused>
  readonly changes: WireNames
  view(record: T): object
}

/** Largest policy that is read. */
export const MAX_POLICY_BYTES = 262_144

/**
 * `/v1/agents`, `/v1/spending-authorities`, `/v1/policies`, `/v1/bindings` and `/v1/approvals`: what an enterprise says
 * of its agents' spending. What another account has does not exist.
 *
 * @param enterprises - Lets in who manages.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending.
 */
export function managementEndpoints(enterprises: Gate): readonly Endpoint[] {
  const { wiring } = inspectGate(enterprises)
  const desk = createManagementDesk(wiring)
  const { agents, mandates, policies, bindings } = desk.keepers
  return [
    ...resourceEndpoints(enterprises, desk, {
      path: '/v1/agents',
      plural: 'agents',
      idName: 'agent_id',
      keeper: agents,
      names: AGENT_NAMES,
      changes: AGENT_NAMES,
      readBody: readMembers,
      view: agentViewOf,
    }),
    ...resourceEndpoints(enterprises, desk, {
      path: '/v1/spending-authorities',
      plural: 'spending_authorities',
      idName: 'spending_authority_id',
      parentName: 'agent_id',
      keeper: mandates,
      names: MANDATE_NAMES,
      changes: MANDATE_CHANGES,
      readBody: readMembers,
      view: mandateViewOf,
    }),
    ...resourceEndpoints(enterprises, desk, {
      path: '/v1/policies',
      plural: 'policies',
      idName: 'policy_id',
      keeper: policies,
      names: POLICY_NAMES,
      changes: POLICY_NAMES,
      readBody: ({ request, body }) => readJsonDocument(request, body, MAX_POLICY_BYTES),
      view: policyViewOf,
    }),
    ...resourceEndpoints(enterprises, desk, {
      path: '/v1/bindings',
      plural: 'bindings',
      idName: 'binding_id',
      parentName: 'spending_authority_id',
      keeper: bindings,
      names: BINDING_NAMES,
      changes: BINDING_CHANGES,
      readBody: readMembers,
      mayCreate: (admitted, input) => mayCreateBinding(wiring, admitted, input),
      view: bindingViewOf,
    }),
    ...approvalEndpoints(enterprises, desk),
  ]
}

function resourceEndpoints<T extends Recorded>(
  gate: Gate,
  desk: ManagementDesk,
  { path, plural, idName, parentName, keeper, names, changes, readBody, mayCreate, view }: Resource<T>,
): readonly Endpoint[] {
  const accountOf = ({ access }: Admitted) => access.principal.accountId

  async function create(admitted: Admitted) {
    const input = await readBody(admitted, names)
    if (input instanceof Refused) return input
    const refusal = await mayCreate?.(admitted, input)
    if (refusal !== undefined) return refusal
    const made = await desk.work(names, (work) => keeper.create(accountOf(admitted), input, work))
    return made instanceof Refused ? made : jsonResponse(201, view(made))
  }

  async function list(admitted: Admitted) {
    const query = readPageQuery(admitted.request.target, parentName)
    if (query instanceof Refused) return query
    const page = await desk.look((options) => keeper.list(accountOf(admitted), query, options))
    return page instanceof Refused ? page : { [plural]: page.values.map(view), next_cursor: page.next }
  }

  async function read(admitted: Admitted) {
    const id = admitted.params[idName] ?? ''
    const found = await desk.look((options) => keeper.read(accountOf(admitted), id, options))
    return found instanceof Refused ? found : view(found)
  }

  async function update(admitted: Admitted) {
    const input = await readBody(admitted, changes)
    if (input instanceof Refused) return input
    const id = admitted.params[idName] ?? ''
    const changed = await desk.work(changes, (work) => keeper.update(accountOf(admitted), id, input, work))
    return changed instanceof Refused ? changed : view(changed)
  }

  return [
    guardedEndpoint(gate, 'POST', path, create),
    guardedEndpoint(gate, 'GET', path, list),
    guardedEndpoint(gate, 'GET', `${path}/:${idName}`, read),
    guardedEndpoint(gate, 'PATCH', `${path}/:${idName}`, update),
  ]
}

async function readMembers({ request, body }: Admitted, names: WireNames): Promise<unknown> {
  const members = await readJsonObject(request, body, Object.keys(names))
  return members instanceof Refused ? members : fromWire(members, names)
}

// What is nobody's and what is somebody else's are refused alike.
const NOT_OWN = refused('body_invalid', {
  problem: 'instrument_id names no API key or wallet of this account',
})

async function mayCreateBinding(
  wiring: Wiring,
  { access }: Admitted,
  input: unknown,
): Promise<undefined | Refused> {
  const instrument = INSTRUMENT.read((input as { readonly instrument?: unknown }).instrument)
  // What is malformed is refused with everything else that is.
  if (instrument === undefined || 'problems' in instrument) return undefined
  const may = await mayBind(wiring, access.principal, instrument)
  if (may instanceof Refused) return may
  return may ? undefined : NOT_OWN
}
