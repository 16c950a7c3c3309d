import type { Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { isOptions, unknownOptions } from '../option-check.js'
import { assertGate } from '../wiring.js'
import { accessCheck } from './access-check.js'
import type { Endpoint, PathParams, RouteGroups } from './endpoint.js'
import { keys } from './keys.js'
import { signIn } from './sign-in.js'
import { spend } from './spend.js'

/**
 * The endpoints of the groups that are configured.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 */
export function createEndpoints(gate: Gate, groups: RouteGroups): readonly Endpoint[] {
  assertGate(gate)
  const problems = isOptions(groups)
    ? unknownOptions('routes', groups, ['signIn', 'keys', 'check', 'spend'])
    : ['routes must be given the groups to mount, for example { signIn: true }']
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { signIn: signsIn, keys: keyOptions, check, spend: spendOptions } = groups
  if ([signsIn, keyOptions, check, spendOptions].every((group) => group === undefined)) {
    throw new GateError('ERR_GATE_OPTIONS', [
      'routes must be given at least one group to mount: signIn, keys, check or spend',
    ])
  }
  return [
    ...(signsIn === undefined ? [] : signIn(gate)),
    ...(keyOptions === undefined ? [] : keys(gate, keyOptions === true ? {} : keyOptions)),
    ...(check === undefined ? [] : [accessCheck(gate, check)]),
    ...(spendOptions === undefined ? [] : spend(gate, spendOptions === true ? {} : spendOptions)),
  ]
}

/** An endpoint, and what stood in its path. */
export interface EndpointMatch {
  readonly endpoint: Endpoint
  readonly params: PathParams
}

// As in Fastify's router: what is longer is no endpoint on any framework.
const MAX_PARAM_LENGTH = 100

/** Finds the endpoint for a method and a path, where there is one. */
export type EndpointFinder = (
  method: string | undefined,
  path: string | undefined,
) => EndpointMatch | undefined

interface Pattern {
  readonly endpoint: Endpoint
  /** What stands before the first named segment: most requests of a host end here. */
  readonly start: string
  readonly segments: readonly string[]
}

const NO_PARAMS: PathParams = Object.freeze({})

/** Makes a finder. Every request of a host comes through it, so one that is for no endpoint costs next to nothing. */
export function createFinder(endpoints: readonly Endpoint[]): EndpointFinder {
  const isPattern = ({ path }: Endpoint) => path.includes(':')
  const exact = groupByPath(endpoints.filter((endpoint) => !isPattern(endpoint)))
  const patterns = endpoints.filter(isPattern).map(
    (endpoint): Pattern => ({
      endpoint,
      start: endpoint.path.slice(0, endpoint.path.indexOf(':')),
      segments: endpoint.path.split('/'),
    }),
  )

  return (method, path) => {
    if (path === undefined) return undefined
    // HEAD is GET without the body, which Node leaves out by itself (RFC 9110 §9.3.2).
    const asked = method === 'HEAD' ? 'GET' : method
    const same = exact.get(path)?.find((endpoint) => endpoint.method === asked)
    if (same !== undefined) return { endpoint: same, params: NO_PARAMS }
    for (const { endpoint, start, segments } of patterns) {
      if (endpoint.method !== asked || !path.startsWith(start)) continue
      const params = matchPath(segments, path.split('/'))
      if (params !== undefined) return { endpoint, params }
    }
    return undefined
  }
}

function groupByPath(endpoints: readonly Endpoint[]): ReadonlyMap<string, readonly Endpoint[]> {
  const groups = new Map<string, Endpoint[]>()
  for (const endpoint of endpoints)
    groups.set(endpoint.path, [...(groups.get(endpoint.path) ?? []), endpoint])
  return groups
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
