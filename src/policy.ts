import type { Access } from './access.js'
import { GateError } from './gate-error.js'
import { isReservedCode } from './response.js'

/** What a policy is asked about. Frozen. */
export interface PolicyInput<A extends Access = Access> {
  readonly access: A
  readonly request: PolicyRequest
  /** The framework's own request (Express `req`, Fastify `request`, Koa `ctx`), for route parameters and bodies. */
  readonly native: unknown
}

/** The request, as far as a policy needs it. */
export interface PolicyRequest {
  readonly method: string
  /** The request target as it was received. */
  readonly target: string
  /** The client's address, as the framework has it. Worked out when it is read, so a spread does not copy it. */
  readonly ip: string | undefined
}

/** A policy's no with a reason of its own. Made by {@link deny}. */
export interface Denial {
  readonly type: 'deny'
  readonly code: string
  readonly detail: string | undefined
}

/** What a policy answers: `true` is the only yes. */
export type Verdict = boolean | Denial

/**
 * The host's word on a request that everything else allows. Only `true` allows. `false` and {@link deny} refuse with
 * 403; anything else, a throw, or no answer within `policyTimeoutMs` refuses with 503.
 *
 * @example
 * const policy: Policy = async ({ access }, { signal }) =>
 *   (await risk.check(access.principal.accountId, { signal })).ok || deny('risk_too_high')
 */
export type Policy<A extends Access = Access> = (
  input: PolicyInput<A>,
  options: { readonly signal: AbortSignal },
) => Verdict | Promise<Verdict>

const CODE = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/

/**
 * A refusal with a code of the host's own, which becomes the `code` of the answer.
 *
 * @param code - Lower-case words joined by underscores, noun first: `refunds_not_allowed`. Not one of the wire contract.
 * @param detail - One sentence for the caller.
 * @throws GateError `ERR_GATE_OPTIONS` where the code is malformed or reserved.
 * @example
 * gate.with({ policy: ({ access }) => access.principal.scopes.includes('refunds') || deny('refunds_not_allowed') })
 */
export function deny(code: string, detail?: string): Denial {
  if (typeof code !== 'string' || code.length > 64 || !CODE.test(code)) {
    throw new GateError('ERR_GATE_OPTIONS', ['deny: code must be lower-case words joined by underscores'])
  }
  if (isReservedCode(code)) {
    throw new GateError('ERR_GATE_OPTIONS', [`deny: ${code} is a code of Sallyport's own; choose another`])
  }
  if (detail !== undefined && typeof detail !== 'string') {
    throw new GateError('ERR_GATE_OPTIONS', ['deny: detail must be a string'])
  }
  const denial: Denial = Object.freeze({ type: 'deny', code, detail })
  denials.add(denial)
  return denial
}

// Only what deny() made is taken at its word: its code was checked.
const denials = new WeakSet<object>()

/** Whether a verdict was made by {@link deny}. */
export function isDenial(verdict: unknown): verdict is Denial {
  return typeof verdict === 'object' && verdict !== null && denials.has(verdict)
}
