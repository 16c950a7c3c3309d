import type { Access, Principal, WalletScope } from './access.js'
import { clientKeyOf } from './client-address.js'
import { isPromise } from './deadline.js'
import { type Decision, Refused, refused } from './decision.js'
import { nextDecisionId } from './decision-id.js'
import { readBearer } from './extraction.js'
import type { Identity } from './methods/method.js'
import { policyInputOf } from './policy-input.js'
import type { Balance } from './ports/balance-source.js'
import {
  type CredentialHeaders,
  type GateRequest,
  type HeaderValue,
  readCredentialHeaders,
} from './request.js'
import { countRequest, type Findings, keepFindings, recallFindings } from './request-state.js'
import type { ResolvedRequirements } from './requirements.js'
import { type BalanceRead, requireBalances } from './stages/balance.js'
import { entitle } from './stages/entitle.js'
import { consultPolicies } from './stages/policy.js'
import type { Trace, Witnessed } from './telemetry/reporter.js'
import type { UsageCounter } from './usage/usage-counter.js'
import type { Moment } from './verified-cache.js'
import type { Wiring } from './wiring.js'

// The guards of one request follow one another within this; it is what "once per request" costs in bounds.
const SHARED_FOR_MS = 250

const CLOSED = refused('dependency_unavailable', {
  dependency: 'gate',
  cause: new Error('the gate was closed'),
})

const ANONYMOUS: Principal = Object.freeze({
  kind: 'anonymous',
  accountId: '',
  credentialId: '',
  role: null,
  scopes: Object.freeze([]),
  wallets: Object.freeze([]),
})

const NOBODY: Identity = Object.freeze({ principal: ANONYMOUS, walletHeader: 'optional' })

/**
 * One request on its way through the stages, and what is found out about it. Once its credential is proven it is kept
 * with the message, so that the guards that come after find out nothing twice.
 */
class Passage implements CredentialHeaders, Findings, Moment, Witnessed {
  readonly request: GateRequest
  readonly wiring: Wiring
  readonly decisionId = nextDecisionId()
  readonly trace: Trace | undefined
  authorization: HeaderValue = undefined
  walletHeader: HeaderValue = undefined
  /** When its credential was looked at. */
  wallMs = 0
  monotonicMs = 0
  /** Whether an earlier guard of the same request has counted it: what it found may be too old by now. */
  isCounted = false
  credential = ''
  principal: Principal | undefined = undefined
  identity: Identity = NOBODY
  foundAtMs = 0
  version = 0
  wallet: string | undefined = undefined
  balances: BalanceRead | undefined = undefined
  balance: Balance | undefined = undefined

  constructor(request: GateRequest, wiring: Wiring) {
    this.request = request
    this.wiring = wiring
    this.trace = wiring.reporter.begin()
  }
}

/** The order of the stages: authenticate, entitle, wallet, balance, policy. The first refusal ends the request. */
export class Decider {
  readonly #wiring: Wiring
  readonly #requirements: ResolvedRequirements
  readonly #takesApiKeys: boolean

  constructor(wiring: Wiring, requirements: ResolvedRequirements) {
    this.#wiring = wiring
    this.#requirements = requirements
    this.#takesApiKeys = (requirements.methods ?? wiring.config.methodNames).includes('apiKey')
  }

  decide(request: GateRequest, anonymousToo: boolean): Decision | Promise<Decision> {
    const passage = new Passage(request, this.#wiring)
    try {
      const decision = this.#enter(passage, anonymousToo)
      return isPromise(decision)
        ? decision.catch((error: unknown) => this.#conclude(passage, brokenBy(error)))
        : decision
    } catch (error) {
      return this.#conclude(passage, brokenBy(error))
    }
  }

  #enter(passage: Passage, anonymousToo: boolean): Decision | Promise<Decision> {
    const { config, closed, authenticate, credentials, wallets } = this.#wiring
    const { request } = passage
    if (closed) return this.#conclude(passage, CLOSED)
    readCredentialHeaders(request, config.walletHeader, passage)
    const { authorization } = passage
    const ambiguous = wallets.refuseAmbiguous(passage.walletHeader)
    if (ambiguous !== undefined) return this.#conclude(passage, ambiguous)
    if (anonymousToo && authorization === undefined && !this.#requirements.wallet) {
      passage.principal = ANONYMOUS
      return this.#consult(passage, ANONYMOUS, null, null)
    }

    const bearer = readBearer(authorization)
    if (typeof bearer === 'string') {
      passage.credential = bearer
      passage.wallMs = config.clock.wallMs()
      passage.monotonicMs = config.clock.monotonicMs()
      if (this.#recall(passage)) return this.#admit(passage)
    }
    // Whatever is heard of from now on may make untrue what is found out.
    passage.version = credentials.version
    const identity = authenticate(bearer, this.#takesApiKeys, request.message, passage)
    if (!isPromise(identity)) return this.#identified(passage, identity)
    return identity.then((known) => {
      passage.monotonicMs = config.clock.monotonicMs()
      return this.#identified(passage, known)
    })
  }

  /** Takes over what an earlier guard of the same request has found out, as far as it still holds. */
  #recall(passage: Passage): boolean {
    const findings = recallFindings(passage.request.message, this.#wiring, passage.credential)
    if (findings === undefined) return false
    const { config, credentials } = this.#wiring
    const { store, revocationBoundMs } = config
    const { monotonicMs } = passage
    // Without a store nothing tells of changes, and what was found out rests on a record that may be as old as the bound.
    const sharedForMs = store === undefined ? SHARED_FOR_MS : Math.max(revocationBoundMs, SHARED_FOR_MS)
    if (findings.foundAtMs < monotonicMs - sharedForMs) return false
    passage.isCounted = true
    // What was read of the chain for this request stands, whoever the credential turns out to be.
    passage.balances = findings.balances
    // Where changes would have to be waited for, the credential may as well be looked at anew.
    if (revocationBoundMs > 0 && credentials.follow(monotonicMs) !== undefined) return false
    if (findings.version !== credentials.version) return false
    passage.identity = findings.identity
    passage.foundAtMs = findings.foundAtMs
    passage.version = findings.version
    return true
  }

  #identified(passage: Passage, identity: Identity | Refused): Decision | Promise<Decision> {
    passage.trace?.lap('authenticate')
    if (identity instanceof Refused) return this.#failed(passage, identity)
    passage.identity = identity
    passage.foundAtMs = passage.monotonicMs
    if (passage.isCounted) return this.#admit(passage)
    const excess = this.#wiring.limit('account', identity.principal.accountId)
    if (excess === undefined) return this.#admit(passage)
    if (!isPromise(excess)) return this.#exceeded(passage, excess)
    return excess.then((known) => {
      passage.monotonicMs = this.#wiring.config.clock.monotonicMs()
      return known === undefined ? this.#admit(passage) : this.#exceeded(passage, known)
    })
  }

  // Whoever presents a good credential is never refused for the failures of others behind the same address.
  #failed(passage: Passage, refusal: Refused): Decision | Promise<Decision> {
    const { limit, limitsFailures } = this.#wiring
    if (!limitsFailures || !isFailedCredential(refusal)) return this.#conclude(passage, refusal)
    const excess = limit('failures', clientKeyOf(passage.request.ip))
    const concluded = (known: undefined | Refused) => this.#conclude(passage, known ?? refusal)
    return isPromise(excess) ? excess.then(concluded) : concluded(excess)
  }

  #exceeded(passage: Passage, refusal: Refused): Decision {
    passage.principal = passage.identity.principal
    return this.#conclude(passage, refusal)
  }

  // Only what was counted is remembered: a guard that comes after a refusal must not take the request for counted.
  #admit(passage: Passage): Decision | Promise<Decision> {
    const { identity } = passage
    const { principal } = identity
    keepFindings(passage.request.message, passage)
    passage.principal = principal
    const misfit = entitle(principal, this.#requirements)
    if (misfit !== undefined) return this.#conclude(passage, misfit)

    const wallet = this.#wiring.wallets.select(passage.walletHeader, identity, this.#requirements.wallet)
    if (wallet instanceof Refused) return this.#conclude(passage, wallet)
    if (wallet === null) return this.#consult(passage, principal, null, null)
    passage.wallet = wallet.address

    const { balances } = this.#wiring
    const { balances: required } = this.#requirements
    if (required.length === 0 || balances === undefined) {
      return this.#consult(passage, principal, wallet, null)
    }
    const balance = requireBalances(required, wallet.address, balances, passage, passage.monotonicMs)
    return isPromise(balance)
      ? balance.then((known) => this.#weighed(passage, wallet, known))
      : this.#weighed(passage, wallet, balance)
  }

  #weighed(
    passage: Passage,
    wallet: WalletScope<string>,
    balance: Balance | null | Refused,
  ): Decision | Promise<Decision> {
    passage.trace?.lap('balance')
    passage.balance = passage.balances?.balance
    return balance instanceof Refused
      ? this.#conclude(passage, balance)
      : this.#consult(passage, passage.identity.principal, wallet, balance)
  }

  #consult(
    passage: Passage,
    principal: Principal,
    wallet: WalletScope<string> | null,
    balance: Balance | null,
  ): Decision | Promise<Decision> {
    const { request, decisionId } = passage
    const access: Access = Object.freeze({ principal, wallet, balance, decisionId })
    const { policies } = this.#requirements
    if (policies.length === 0) return this.#conclude(passage, access)

    const input = policyInputOf(access, request)
    const verdict = consultPolicies(policies, input, this.#wiring.config.policyTimeoutMs)
    return isPromise(verdict)
      ? verdict.then((known) => this.#judged(passage, access, known))
      : this.#judged(passage, access, verdict)
  }

  #judged(passage: Passage, access: Access, refusal: Refused | undefined): Decision {
    passage.trace?.lap('policy')
    return this.#conclude(passage, refusal ?? access)
  }

  #conclude(passage: Passage, outcome: Access | Refused): Decision {
    const { reporter, config, usage } = this.#wiring
    const { decisionId, principal } = passage
    const decision: Decision =
      outcome instanceof Refused
        ? { type: 'refuse', ...outcome.reason, decisionId, realm: config.realm }
        : { type: 'allow', decisionId, access: outcome }
    reporter.end(decision, passage)
    if (usage !== undefined && principal !== undefined && isStored(principal)) {
      count(passage, usage, principal, decision.type === 'allow' ? 'allowed' : decision.code)
    }
    return decision
  }
}

// Sessions and tokens of other issuers are not kept, so nobody asks how they were used.
function isStored({ kind }: Principal): boolean {
  return kind === 'apiKey' || kind === 'sharedSecretJwt'
}

// A route that throws must not change the decision.
function count(
  { request, wallMs: nowMs }: Passage,
  usage: UsageCounter,
  { credentialId }: Principal,
  outcome: string,
): void {
  try {
    const { method, route, message } = request
    countRequest(message, usage, credentialId, method, route, outcome, nowMs)
  } catch {
    // What watches a decision must not be able to change it.
  }
}

function isFailedCredential({ reason: { code } }: Refused): boolean {
  return code.startsWith('credential_') && code !== 'credential_missing'
}

// A fault of our own or of a host's plug-in: nothing is known, so nothing passes.
function brokenBy(cause: unknown): Refused {
  return refused('dependency_unavailable', { dependency: 'gate', cause })
}
