import { GateError } from './gate-error.js'
import { unknownOptions } from './option-check.js'
import { type GateRequest, pathOf, readHeader } from './request.js'

/** What an app-wide mount lets through without asking the gate. */
export interface MountOptions {
  /**
   * Exact paths, such as `/health`. Compared byte for byte with the path of the request target: whatever differs in
   * any way (a trailing slash, an encoded letter, a doubled slash) is guarded.
   */
  readonly public?: readonly string[]
  /**
   * `'pass'` lets genuine CORS preflights through: `OPTIONS` with `Origin` and `Access-Control-Request-Method`, without
   * credential and without body. Only for hosts that cannot mount their cors middleware first.
   */
  readonly preflights?: 'pass'
}

/** Whether a request is let through unasked. */
export type Exemption = (request: GateRequest) => boolean

const NEVER: Exemption = () => false

/**
 * Reads the options of a mount.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 */
export function createExemption(options: MountOptions = {}): Exemption {
  const problems = unknownOptions('requireAccess', options, ['public', 'preflights'])
  const { public: paths = [], preflights } = options
  if (!Array.isArray(paths) || !paths.every(isExactPath)) {
    problems.push("public must be a list of exact paths such as '/health': no patterns, no query")
  }
  if (preflights !== undefined && preflights !== 'pass') problems.push("preflights must be 'pass' or absent")
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  if (paths.length === 0 && preflights === undefined) return NEVER
  const open = new Set(paths)
  return (request) => open.has(pathOf(request.target)) || (preflights === 'pass' && isPreflight(request))
}

function isExactPath(path: unknown): boolean {
  return typeof path === 'string' && /^\/[^?#*\s]*$/.test(path)
}

function isPreflight(request: GateRequest): boolean {
  const has = (name: string) => readHeader(request, name) !== undefined
  return (
    request.method === 'OPTIONS' &&
    has('origin') &&
    has('access-control-request-method') &&
    !has('authorization') &&
    !has('transfer-encoding') &&
    (!has('content-length') || readHeader(request, 'content-length') === '0')
  )
}
