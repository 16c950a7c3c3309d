import type { Claim } from './claim.js'
import type { Credential, CredentialLookup } from './credentials/credential.js'
import type { SessionMark } from './credentials/ended-sessions.js'
import type { Found } from './credentials/lookup.js'
import type { StandingCredentials } from './credentials/standing-credentials.js'
import { isPending } from './deadline.js'
import { type Dependency, Refused } from './decision.js'
import { digestOf } from './digest.js'
import type { VerifyContext } from './methods/method.js'
import type { GateConfig } from './options.js'
import type { CallOptions } from './ports/call-options.js'
import { attempt } from './stages/attempt.js'
import type { Moment, Reliance } from './verified-cache.js'

/**
 * What a method is given to verify the credential of one request. It notes what the method's verdict comes to rest on,
 * so that the verdict can be remembered for exactly as long as that stands.
 */
export class RequestVerifyContext implements VerifyContext {
  readonly nowMs: number
  readonly environment: string | null
  readonly #config: GateConfig
  readonly #credentials: StandingCredentials
  readonly #claim: Claim
  readonly #message: object
  readonly #credential: string
  readonly #startedMs: number
  readonly #reliances: Reliance[] = []
  #askedOutside = false
  #isForOnce = false

  constructor(
    config: GateConfig,
    credentials: StandingCredentials,
    claim: Claim,
    message: object,
    credential: string,
    { wallMs, monotonicMs }: Moment,
  ) {
    this.#credential = credential
    this.nowMs = wallMs
    this.environment = config.environment
    this.#config = config
    this.#credentials = credentials
    this.#claim = claim
    this.#message = message
    this.#startedMs = monotonicMs
  }

  get digest(): string {
    return digestOf(this.#credential)
  }

  /** What the verdict rests on; `undefined` where it must not be remembered. */
  get reliances(): readonly Reliance[] | undefined {
    if (this.#isForOnce) return undefined
    if (!this.#askedOutside && this.#reliances.length > 0) return this.#reliances
    // Nobody tells the gate when an identity provider takes something back.
    const untilMs = this.#startedMs + this.#config.revocationBoundMs
    return [...this.#reliances, { holds: (nowMs) => nowMs < untilMs }]
  }

  find(
    lookup: CredentialLookup,
  ): Credential | undefined | Refused | Promise<Credential | undefined | Refused> {
    const found = this.#credentials.find(lookup)
    return isPending(found) ? found.then((known) => this.#found(known)) : this.#found(found)
  }

  hasEnded(session: SessionMark): boolean | Refused | Promise<boolean | Refused> {
    // Where nothing may be relied on, all would only be asked twice.
    if (this.#config.revocationBoundMs === 0) this.#isForOnce = true
    const { goesOn } = this.#credentials
    this.#reliances.push({ holds: (nowMs) => goesOn(session, nowMs) })
    return this.#credentials.hasEnded(session)
  }

  claim(key: string, expiresAtMs: number): boolean | Refused | Promise<boolean | Refused> {
    this.#isForOnce = true
    return this.#claim(this.#message, key, expiresAtMs)
  }

  attempt<T>(
    dependency: Dependency,
    call: (options: CallOptions) => T | Promise<T>,
  ): T | Refused | Promise<T | Refused> {
    this.#askedOutside = true
    return attempt(dependency, this.#config.portTimeoutMs, call)
  }

  #found(found: Found): Credential | undefined | Refused {
    if (found === undefined || found instanceof Refused) return found
    this.#reliances.push(found)
    return found.credential
  }
}
