import type { CredentialLookup } from './credentials/credential.js'
import type { SessionMark } from './credentials/ended-sessions.js'
import type { Found } from './credentials/lookup.js'
import type { StandingCredentials } from './credentials/standing-credentials.js'
import { isPending } from './deadline.js'
import type { Dependency, Refused } from './decision.js'
import type { VerifyContext } from './methods/method.js'
import type { GateConfig } from './options.js'
import type { CallOptions } from './ports/call-options.js'
import { hasClaimed, noteClaim } from './request-state.js'
import { attempt } from './stages/attempt.js'

/** What a method is given to verify the credential of one request. */
export class RequestVerifyContext implements VerifyContext {
  readonly nowMs: number
  readonly environment: string | null
  readonly #config: GateConfig
  readonly #credentials: StandingCredentials
  readonly #message: object

  constructor(config: GateConfig, credentials: StandingCredentials, message: object) {
    this.nowMs = config.clock.wallMs()
    this.environment = config.environment
    this.#config = config
    this.#credentials = credentials
    this.#message = message
  }

  find(lookup: CredentialLookup): Found | Promise<Found> {
    return this.#credentials.find(lookup)
  }

  hasEnded(session: SessionMark): boolean | Refused | Promise<boolean | Refused> {
    return this.#credentials.hasEnded(session)
  }

  claim(key: string, expiresAtMs: number): boolean | Refused | Promise<boolean | Refused> {
    // A second guard of the same request is no second use.
    if (hasClaimed(this.#message, this.#config, key)) return true
    const first = attempt<boolean>('store', this.#config.portTimeoutMs, (callOptions) => {
      if (this.#config.store === undefined) throw new Error('there is no store to claim with')
      return this.#config.store.claim(key, expiresAtMs, callOptions)
    })
    return isPending(first) ? first.then((known) => this.#noted(key, known)) : this.#noted(key, first)
  }

  attempt<T>(
    dependency: Dependency,
    call: (options: CallOptions) => T | Promise<T>,
  ): T | Refused | Promise<T | Refused> {
    return attempt(dependency, this.#config.portTimeoutMs, call)
  }

  #noted(key: string, first: boolean | Refused): boolean | Refused {
    if (first === true) noteClaim(this.#message, this.#config, key)
    return first
  }
}
