import type { Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { isOptions, undefinedOptions, unknownOptions } from '../option-check.js'
import { authorizations } from './authorizations.js'
import { authorize } from './authorize.js'
import { decisions } from './decisions.js'
import type { Endpoint, SpendRoutesOptions } from './endpoint.js'
import { validateIntent } from './intents.js'
import { managementEndpoints } from './management.js'
import { simulateEndpoints } from './simulate.js'

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
  const processors = gate.with({ role: processorRole })
  const enterprises = gate.with({ role: enterpriseRole })
  return [
    authorize(processors),
    ...authorizations(processors),
    validateIntent(enterprises),
    ...decisions(enterprises),
    ...managementEndpoints(gate, { enterpriseRole }),
    ...simulateEndpoints(gate, { enterpriseRole }),
  ]
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
