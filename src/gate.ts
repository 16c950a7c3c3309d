import { randomUUID } from 'node:crypto'
import type { Access, Principal, WalletScope, WithBalance, WithWallet } from './access.js'
import { isPending } from './deadline.js'
import { type Decision, Refused, refused } from './decision.js'
import { extractBearer } from './extraction.js'
import { GateError } from './gate-error.js'
import type { Verification } from './methods/method.js'
import { type GateOptions, parseOptions } from './options.js'
import type { Balance } from './ports/balance-source.js'
import { probe } from './readiness.js'
import { type GateRequest, type HeaderValue, readHeader } from './request.js'
import { type Findings, keepFindings, recallFindings, recordDescent } from './request-state.js'
import {
  joinRequirements,
  type Requirements,
  type RequiresBalance,
  type RequiresWallet,
  type ResolvedRequirements,
} from './requirements.js'
import { authenticate } from './stages/authenticate.js'
import { requireBalances } from './stages/balance.js'
import { entitle } from './stages/entitle.js'
import { consultPolicies } from './stages/policy.js'
import type { Trace } from './telemetry/reporter.js'
import { createWiring, noteBalances, recordGate, type Wiring } from './wiring.js'

/**
 * One function from a request to a decision. It never throws and never rejects: whatever goes wrong is a refusal. Where
 * everything it needs is known it answers at once, without a promise.
 */
export interface Gate<A extends Access = Access> {
  (request: GateRequest): Decision<A> | Promise<Decision<A>>
  /**
   * As the gate itself, but a request without any `Authorization` header is let in as `anonymous`, without wallet or
   * scopes, if the policies agree. Any credential that is presented is decided as always. A gate that requires a wallet
   * lets nobody in without one: its policies count on it.
   */
  optional(request: GateRequest): Decision | Promise<Decision>
  /**
   * A stricter gate over the same wiring. Conjunctive: it requires all that this one does, and more.
   *
   * @throws GateError `ERR_GATE_OPTIONS` where a requirement is malformed or contradicts this gate's.
   * @example
   * const members = gate.with({ balance: { mint: ACTO_MINT, minimum: '50000', symbol: 'ACTO' } })
   */
  with(requirements: Requirements<WithBalance<A>> & RequiresBalance): Gate<WithBalance<A>>
  with(requirements: Requirements<WithWallet<A>> & RequiresWallet): Gate<WithWallet<A>>
  with(requirements: Requirements<A>): Gate<A>
  /**
   * Checks that the store and the chain answer and that every required mint exists: a wrong mint must fail here, not
   * refuse for ever.
   *
   * @throws GateError `ERR_GATE_NOT_READY` with every problem at once.
   */
  ready(): Promise<void>
  /** Ends this gate and all gates of the same `createGate`: each further request is refused with 503. */
  close(): Promise<void>
}

/**
 * Makes a gate.
 *
 * @throws GateError `ERR_GATE_OPTIONS` with every problem at once.
 * @example
 * const gate = createGate({
 *   store: memoryStore(),
 *   methods: [apiKey({ prefix: 'acto' }), sharedSecretJwt()],
 *   balances: solanaBalances({ rpcUrl: 'http://127.0.0.1:8899' }),
 * })
 */
export function createGate(options: GateOptions): Gate<Access<'ownerWallet'>>
/** As above, for records that name their owner in a member of the host's choosing: `wallet: { field: 'tenant' }`. */
export function createGate<const Field extends string>(
  options: GateOptions<Field> & { readonly wallet: { readonly field: Field } },
): Gate<Access<Field>>
export function createGate<Field extends string>(options: GateOptions<Field>): Gate<Access<Field>> {
  const config = parseOptions(options)
  const wiring = createWiring(config)
  return makeGate<Access<Field>>(wiring, {
    methods: null,
    role: null,
    scopes: [],
    wallet: false,
    balances: [],
    policies: config.policies,
  })
}

function makeGate<A extends Access>(wiring: Wiring, requirements: ResolvedRequirements): Gate<A> {
  const decider = new Decider(wiring, requirements)
  const gate = Object.assign(
    (request: GateRequest) => decider.decide(request, false) as Decision<A> | Promise<Decision<A>>,
    {
      optional: (request: GateRequest) => decider.decide(request, true),
      with(added: Requirements): Gate<never> {
        const { methodNames, balances } = wiring.config
        const context = { methodNames, hasBalances: balances !== undefined }
        const joint = joinRequirements(requirements, added, context)
        if (joint.problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', joint.problems)
        noteBalances(wiring, joint.requirements.balances)
        const child = makeGate<never>(wiring, joint.requirements)
        recordDescent(child, gate)
        return child
      },
      ready: () => probe(wiring),
      async close() {
        wiring.closed = true
      },
    },
  ) as Gate<A>
  recordGate(gate, wiring, requirements)
  return gate
}

// The guards of one request follow one another within this; it is what "once per request" costs in bounds.
const LEAST_MEMORY_MS = 250

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
}

/** The order of the stages: authenticate, entitle, wallet, balance, policy. The first refusal ends the request. */
class Decider {
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
    if (findings !== undefined) return this.#admit(passage, findings)

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
    const { clock, revocationBoundMs } = this.#wiring.config
    const sinceMs = clock.monotonicMs() - Math.max(revocationBoundMs, LEAST_MEMORY_MS)
    return recallFindings(message, this.#wiring, credential, sinceMs)
  }

  #identified(
    passage: Passage,
    credential: ReturnType<typeof extractBearer>,
    verification: Verification,
  ): Decision | Promise<Decision> {
    passage.trace.lap('authenticate')
    if (verification instanceof Refused) return this.#conclude(passage, verification)
    const findings: Findings = {
      wiring: this.#wiring,
      credential: String(credential),
      identity: verification,
      balances: [],
      foundAtMs: this.#wiring.config.clock.monotonicMs(),
    }
    keepFindings(passage.request.message, findings)
    return this.#admit(passage, findings)
  }

  #admit(passage: Passage, { identity, balances }: Findings): Decision | Promise<Decision> {
    const { principal } = identity
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

  #conclude({ request, decisionId, trace }: Passage, outcome: Access | Refused): Decision {
    const { reporter, config } = this.#wiring
    const decision: Decision =
      outcome instanceof Refused
        ? { type: 'refuse', ...outcome.reason, decisionId, realm: config.realm }
        : { type: 'allow', decisionId, access: outcome }
    reporter.end(request, decision, trace)
    return decision
  }
}

// A fault of our own or of a host's plug-in: nothing is known, so nothing passes.
function brokenBy(cause: unknown): Refused {
  return refused('dependency_unavailable', { dependency: 'gate', cause })
}
