import type { Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { isOptions, unknownOptions } from '../option-check.js'
import { assertGate } from '../wiring.js'
import { accessCheck } from './access-check.js'
import type { Endpoint, RouteGroups } from './endpoint.js'
import { signIn } from './sign-in.js'

/**
 * The endpoints of the groups that are configured.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 */
export function createEndpoints(gate: Gate, groups: RouteGroups): readonly Endpoint[] {
  assertGate(gate)
  const problems = isOptions(groups)
    ? unknownOptions('routes', groups, ['signIn', 'check'])
    : ['routes must be given the groups to mount, for example { signIn: true }']
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  return [
    ...(groups.signIn === undefined ? [] : signIn(gate)),
    ...(groups.check === undefined ? [] : [accessCheck(gate, groups.check)]),
  ]
}

/** The endpoint for a method and an exact path, where there is one. */
export function findEndpoint(
  endpoints: readonly Endpoint[],
  method: string | undefined,
  path: string | undefined,
): Endpoint | undefined {
  return endpoints.find((endpoint) => endpoint.path === path && endpoint.method === method)
}
