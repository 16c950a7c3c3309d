import type { PolicyRequest } from './policy.js'
import type { GateRequest } from './request.js'

/**
 * The request as policies are shown it: they can read it, and change nothing. The address, which frameworks compute, is
 * asked for when it is read.
 */
export class AskedRequest implements PolicyRequest {
  readonly #request: GateRequest

  constructor(request: GateRequest) {
    this.#request = request
    Object.preventExtensions(this)
  }

  get method(): string {
    return this.#request.method
  }

  get target(): string {
    return this.#request.target
  }

  get ip(): string | undefined {
    return this.#request.ip
  }
}
