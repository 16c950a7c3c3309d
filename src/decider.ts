import { randomUUID } from 'node:crypto'
import type { Access, Principal, WalletScope } from './access.js'
import { clientKeyOf } from './client-address.js'
import { isPending } from './deadline.js'
import { type Decision, Refused, refused } from './decision.js'
import { extractBearer } from './extraction.js'
import type { Verification } from './methods/method.js'
import type { Balance } from './ports/balance-source.js'
import { type GateRequest, type HeaderValue, readHeader } from './request.js'
import { countRequest, type Findings, keepFindings, recallFindings } from './request-state.js'
import type { ResolvedRequirements } from './requirements.js'
import { authenticate } from './stages/authenticate.js'
import { requireBalances } from './stages/balance.js'
import { entitle } from './stages/entitle.js'
import { consultPolicies } from './stages/policy.js'
import type { Trace } from './telemetry/reporter.js'
import type { UsageCounter } from './usage/usage-counter.js'
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

/** One request on its way through the stages. */
interface Passage {
  readonly request: GateRequest
  walletHeader: HeaderValue
  readonly decisionId: string
  readonly trace: Trace
  principal: Principal | undefined
  /** What an earlier guard of the same request has found out, where the credential is looked at anew. */
  earlier: Findings | undefined
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
    const { reporter, config } = this.#wiring
    const passage: Passage = {
      request,
      walletHeader: undefined,
      decisionId: randomUUID(),
      trace: reporter.begin(),
      principal: undefined,
      earlier: undefined,
    }
    try {
      passage.walletHeader = readHeader(request, config.walletHeader)
      const decision = this.#enter(passage, anonymousToo)
      return isPending(decision)
        ? decision.catch((error: unknown) => this.#conclude(passage, brokenBy(error)))
        : decision
    } catch (error) {
      return this.#conclude(passage, brokenBy(error))
    }
  }

  #enter(passage: Passage, anonymousToo: boolean): Decision | Promise<Decision> {
    const { config, closed, verifyContext, wallets } = this.#wiring
    const { request } = passage
    if (closed) return this.#conclude(passage, CLOSED)
    const ambiguous = wallets.refuseAmbiguous(passage.walletHeader)
    if (ambiguous !== undefined) return this.#conclude(passage, ambiguous)
    const authorization = readHeader(request, 'authorization')
    if (anonymousToo && authorization === undefined && !this.#requirements.wallet) {
      passage.trace.principal = ANONYMOUS
      return this.#consult(passage, ANONYMOUS, null, null)
    }

    const credential = extractBearer(authorization)
    const findings = typeof credential === 'string' ? this.#recall(request, credential) : undefined
    if (findings !== undefined && this.#stillHolds(findings)) return this.#admit(passage, findings)
    passage.earlier = findings

    const verification = authenticate(
      credential,
      config.methods,
      this.#takesApiKeys,
      verifyContext(request.message),
    )
    return isPending(verification)
      ? verification.then((known) => this.#identified(passage, credential, known))
      : this.#identified(passage, credential, verification)
  }

  #recall({ message }: GateRequest, credential: string): Findings | undefined {
    const { store, clock, revocationBoundMs } = this.#wiring.config
    // Without a store nothing tells of changes, and what was found out rests on a record that may be as old as the bound.
    const sharedForMs = store === undefined ? SHARED_FOR_MS : Math.max(revocationBoundMs, SHARED_FOR_MS)
    return recallFindings(message, this.#wiring, credential, clock.monotonicMs() - sharedForMs)
  }

  /** Whether the credential is still known to be what it was found to be. */
  #stillHolds({ version }: Findings): boolean {
    const { credentials, config } = this.#wiring
    // Where it would have to be waited for, the credential may as well be looked at anew.
    if (config.revocationBoundMs > 0 && credentials.follow() !== undefined) return false
    return version === credentials.version
  }

  #identified(
    passage: Passage,
    credential: ReturnType<typeof extractBearer>,
    verification: Verification,
  ): Decision | Promise<Decision> {
    passage.trace.lap('authenticate')
    if (verification instanceof Refused) return this.#failed(passage, verification)
    const findings: Findings = {
      wiring: this.#wiring,
      credential: String(credential),
      identity: verification,
      // What was read of the chain for this request stands, whoever the credential turns out to be.
      balances: passage.earlier?.balances ?? [],
      foundAtMs: this.#wiring.config.clock.monotonicMs(),
      version: this.#wiring.credentials.version,
    }
    if (passage.earlier !== undefined) return this.#identifiedWithin(passage, findings)
    const excess = this.#wiring.limit('account', verification.principal.accountId)
    const admitted = (known: undefined | Refused) =>
      known === undefined
        ? this.#identifiedWithin(passage, findings)
        : this.#exceeded(passage, findings, known)
    return isPending(excess) ? excess.then(admitted) : admitted(excess)
  }

  // Only what was counted is remembered: a guard that comes after a refusal must not take the request for counted.
  #identifiedWithin(passage: Passage, findings: Findings): Decision | Promise<Decision> {
    keepFindings(passage.request.message, findings)
    return this.#admit(passage, findings)
  }

  // Whoever presents a good credential is never refused for the failures of others behind the same address.
  #failed(passage: Passage, refusal: Refused): Decision | Promise<Decision> {
    if (!isFailedCredential(refusal)) return this.#conclude(passage, refusal)
    const excess = this.#wiring.limit('failures', clientKeyOf(passage.request.ip))
    const concluded = (known: undefined | Refused) => this.#conclude(passage, known ?? refusal)
    return isPending(excess) ? excess.then(concluded) : concluded(excess)
  }

  #exceeded(passage: Passage, { identity }: Findings, refusal: Refused): Decision {
    passage.principal = identity.principal
    passage.trace.principal = identity.principal
    return this.#conclude(passage, refusal)
  }

  #admit(passage: Passage, { identity, balances }: Findings): Decision | Promise<Decision> {
    const { principal } = identity
    passage.principal = principal
    passage.trace.principal = principal
    const misfit = entitle(principal, this.#requirements)
    if (misfit !== undefined) return this.#conclude(passage, misfit)

    const wallet = this.#wiring.wallets.select(passage.walletHeader, identity, this.#requirements.wallet)
    if (wallet instanceof Refused) return this.#conclude(passage, wallet)
    passage.trace.wallet = wallet?.address

    const { readBalance } = this.#wiring
    if (wallet === null || readBalance === undefined) return this.#consult(passage, principal, wallet, null)
    const required = this.#requirements.balances
    if (required.length === 0) return this.#consult(passage, principal, wallet, null)
    const balance = requireBalances(required, wallet.address, readBalance, balances)
    return isPending(balance)
      ? balance.then((known) => this.#weighed(passage, principal, wallet, known, balances))
      : this.#weighed(passage, principal, wallet, balance, balances)
  }

  #weighed(
    passage: Passage,
    principal: Principal,
    wallet: WalletScope<string>,
    balance: Balance | null | Refused,
    balances: Findings['balances'],
  ): Decision | Promise<Decision> {
    passage.trace.lap('balance')
    passage.trace.balance = balances.at(-1)?.balance
    return balance instanceof Refused
      ? this.#conclude(passage, balance)
      : this.#consult(passage, principal, wallet, balance)
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

    const { method, target, ip, native } = request
    const input = Object.freeze({ access, request: Object.freeze({ method, target, ip }), native })
    const verdict = consultPolicies(policies, input, this.#wiring.config.policyTimeoutMs)
    return isPending(verdict)
      ? verdict.then((known) => this.#judged(passage, access, known))
      : this.#judged(passage, access, verdict)
  }

  #judged(passage: Passage, access: Access, refusal: Refused | undefined): Decision {
    passage.trace.lap('policy')
    return this.#conclude(passage, refusal ?? access)
  }

  #conclude({ request, decisionId, trace, principal }: Passage, outcome: Access | Refused): Decision {
    const { reporter, config, usage } = this.#wiring
    const decision: Decision =
      outcome instanceof Refused
        ? { type: 'refuse', ...outcome.reason, decisionId, realm: config.realm }
        : { type: 'allow', decisionId, access: outcome }
    reporter.end(request, decision, trace)
    if (usage !== undefined && principal !== undefined && isStored(principal)) {
      count(request, usage, principal, decision.type === 'allow' ? 'allowed' : decision.code)
    }
    return decision
  }
}

// Sessions and tokens of other issuers are not kept, so nobody asks how they were used.
function isStored({ kind }: Principal): boolean {
  return kind === 'apiKey' || kind === 'sharedSecretJwt'
}

// A clock or a route that throws must not change the decision.
function count(
  request: GateRequest,
  usage: UsageCounter,
  { credentialId }: Principal,
  outcome: string,
): void {
  try {
    const { method, route, message } = request
    countRequest(message, usage, { credentialId, method, route, outcome })
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
