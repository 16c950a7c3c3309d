import type { Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { isOptions, undefinedOptions, unknownOptions } from '../option-check.js'
import { requireSpending } from '../spend/requirement.js'
import { inspectGate } from '../wiring.js'
import type { Endpoint, SpendRoutesOptions } from './endpoint.js'

type Place = Pick<Endpoint, 'method' | 'path'>

const RECORDS = [
  ['agents', 'agent_id'],
  ['spending-authorities', 'spending_authority_id'],
  ['policies', 'policy_id'],
  ['bindings', 'binding_id'],
] as const

/** Where they all are: what a router must know before anything of them is loaded. */
const ENDPOINTS: readonly Place[] = [
  { method: 'POST', path: '/v1/authorize' },
  { method: 'GET', path: '/v1/authorizations/:authorization_id' },
  { method: 'POST', path: '/v1/authorizations/:authorization_id/capture' },
  { method: 'POST', path: '/v1/authorizations/:authorization_id/void' },
  { method: 'POST', path: '/v1/intents/validate' },
  { method: 'GET', path: '/v1/decisions' },
  { method: 'GET', path: '/v1/decisions/:decision_id' },
  ...RECORDS.flatMap(([name, id]): readonly Place[] => [
    { method: 'POST', path: `/v1/${name}` },
    { method: 'GET', path: `/v1/${name}` },
    { method: 'GET', path: `/v1/${name}/:${id}` },
    { method: 'PATCH', path: `/v1/${name}/:${id}` },
  ]),
  { method: 'GET', path: '/v1/approvals' },
  { method: 'GET', path: '/v1/approvals/:approval_id' },
  { method: 'POST', path: '/v1/approvals/:approval_id/approve' },
  { method: 'POST', path: '/v1/approvals/:approval_id/reject' },
  { method: 'POST', path: '/v1/simulate' },
]

const ROLES = ['enterpriseRole', 'processorRole'] as const

/**
 * The endpoints of spending: what may be spent, who asks, and what was decided.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending, or a role is none.
 */
export function spend(gate: Gate, options: SpendRoutesOptions): readonly Endpoint[] {
  const problems = problemsOf(options)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { enterpriseRole = 'enterprise', processorRole = 'processor' } = options
  requireSpending(inspectGate(gate).wiring)
  const enterprises = gate.with({ role: enterpriseRole })
  const processors = gate.with({ role: processorRole })
  // Loaded by the first request that needs it: few hosts need it to start.
  let loading: Promise<ReadonlyMap<string, Endpoint>> | undefined
  const load = () => {
    loading ??= import('./spend-endpoints.js').then(({ spendEndpoints }) =>
      byName(spendEndpoints(enterprises, processors)),
    )
    return loading
  }
  return ENDPOINTS.map(({ method, path }) => ({
    method,
    path,
    async handle(request, body, params) {
      const endpoint = (await load()).get(`${method} ${path}`)
      if (endpoint === undefined) throw new Error(`there is no endpoint ${method} ${path}`)
      return endpoint.handle(request, body, params)
    },
  }))
}

function byName(endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint> {
  return new Map(endpoints.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint]))
}

function problemsOf(options: SpendRoutesOptions): string[] {
  if (!isOptions(options)) return ['routes.spend must be true or options']
  return [
    ...unknownOptions('routes.spend', options, ROLES),
    ...undefinedOptions('routes.spend', options, ROLES),
    ...ROLES.filter((name) => options[name] !== undefined && !isRole(options[name])).map(
      (name) => `routes.spend.${name} must be a non-empty string`,
    ),
  ]
}

function isRole(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
