import type { Access, WithBalance, WithWallet } from './access.js'
import type { RevocationTarget } from './credentials/revocation.js'
import { Decider } from './decider.js'
import type { Decision } from './decision.js'
import { GateError } from './gate-error.js'
import { type GateOptions, parseOptions } from './options.js'
import { probe } from './readiness.js'
import type { GateRequest } from './request.js'
import { recordDescent } from './request-state.js'
import {
  joinRequirements,
  type Requirements,
  type RequiresBalance,
  type RequiresWallet,
  type ResolvedRequirements,
} from './requirements.js'
import { revoke } from './revoke.js'
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
  /**
   * The kill switch: ends a credential, or every credential and session of an account, of a wallet, or of all. On this
   * gate it holds at once, on every other that shares the store within `revocationBoundMs`. False where there is no
   * credential of that id. A wallet may sign in again: who must not is a matter of policy.
   *
   * @throws GateError `ERR_GATE_OPTIONS` where the gate has no store or the target is none. Rejects with the store's
   * error where the store cannot: then nothing was revoked, as far as is known.
   * @example
   * await gate.revoke({ account: 'robots-inc' })
   */
  revoke(target: RevocationTarget): Promise<boolean>
  /**
   * Ends this gate and all gates of the same `createGate`: each further request is refused with 503, and the usage
   * counted so far is written. The store is the host's to close.
   */
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
      revoke: (target: RevocationTarget) => revoke(wiring, target),
      async close() {
        wiring.closed = true
        await wiring.usage?.flush()
      },
    },
  ) as Gate<A>
  recordGate(gate, wiring, requirements)
  return gate
}
