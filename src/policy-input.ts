import type { Access } from './access.js'
import type { PolicyInput, PolicyRequest } from './policy.js'
import type { GateRequest } from './request.js'

/** The request as policies are shown it. The address, which frameworks compute, is asked for when it is read. */
class AskedRequest implements PolicyRequest {
  readonly method: string
  readonly target: string
  readonly #request: GateRequest

  constructor(request: GateRequest) {
    this.method = request.method
    this.target = request.target
    this.#request = request
    Object.freeze(this)
  }

  get ip(): string | undefined {
    return this.#request.ip
  }

  // For policies that ask a service elsewhere.
  toJSON(): object {
    return { method: this.method, target: this.target, ip: this.ip }
  }
}

/** What policies are asked about. They can read it and change nothing. */
export function policyInputOf(access: Access, request: GateRequest): PolicyInput {
  return Object.freeze({ access, request: new AskedRequest(request), native: request.native })
}
