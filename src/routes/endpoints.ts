import type { Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { isOptions, unknownOptions } from '../option-check.js'
import { assertGate } from '../wiring.js'
import { accessCheck } from './access-check.js'
import type { Endpoint, PathParams, RouteGroups } from './endpoint.js'
import { keys } from './keys.js'
import { signIn } from './sign-in.js'

/**
 * The endpoints of the groups that are configured.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 */
export function createEndpoints(gate: Gate, groups: RouteGroups): readonly Endpoint[] {
  assertGate(gate)
  const problems = isOptions(groups)
    ? unknownOptions('routes', groups, ['signIn', 'keys', 'check'])
    : ['routes must be given the groups to mount, for example { signIn: true }']
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { signIn: signsIn, keys: keyOptions, check } = groups
  if (signsIn === undefined && keyOptions === undefined && check === undefined) {
    throw new GateError('ERR_GATE_OPTIONS', [
      'routes must be given at least one group to mount: signIn, keys or check',
    ])
  }
  return [
    ...(signsIn === undefined ? [] : signIn(gate)),
    ...(keyOptions === undefined ? [] : keys(gate, keyOptions === true ? {} : keyOptions)),
    ...(check === undefined ? [] : [accessCheck(gate, check)]),
  ]
}

/** An endpoint, and what stood in its path. */
export interface EndpointMatch {
  readonly endpoint: Endpoint
  readonly params: PathParams
}

// As in Fastify's router: what is longer is no endpoint on any framework.
const MAX_PARAM_LENGTH = 100

/** The endpoint for a method and a path, where there is one. */
export function findEndpoint(
  endpoints: readonly Endpoint[],
  method: string | undefined,
  path: string | undefined,
): EndpointMatch | undefined {
  if (path === undefined) return undefined
  const segments = path.split('/')
  // HEAD is GET without the body, which Node leaves out by itself (RFC 9110 §9.3.2).
  const asked = method === 'HEAD' ? 'GET' : method
  for (const endpoint of endpoints) {
    if (endpoint.method !== asked) continue
    const params = matchPath(endpoint.path.split('/'), segments)
    if (params !== undefined) return { endpoint, params }
  }
  return undefined
}

function matchPath(pattern: readonly string[], segments: readonly string[]): PathParams | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, expected] of pattern.entries()) {
    const segment = segments[at] ?? ''
    if (!expected.startsWith(':')) {
      if (segment !== expected) return undefined
      continue
    }
    const value = decode(segment)
    if (value === '' || value.length > MAX_PARAM_LENGTH) return undefined
    params[expected.slice(1)] = value
  }
  return params
}

// What cannot be decoded names nothing.
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return ''
  }
}
