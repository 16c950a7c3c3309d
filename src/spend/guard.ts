import type { Access } from '../access.js'
import { callWithin, DeadlinePassed } from '../deadline.js'
import { Refused, refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { renderRefused } from '../render-refused.js'
import type { GateRequest } from '../request.js'
import { lookUpAccess } from '../request-state.js'
import type { GateResponse } from '../response.js'
import { inspectGate, type Wiring } from '../wiring.js'
import type { Authorizer, SpendAsk, SpendOutcome } from './authorizer.js'
import { refuseRepeated, renderDeclined } from './guard-answer.js'
import { refuseUnparsed } from './guard-body.js'
import { createHolds, type Holds } from './guard-holds.js'
import { holdIdOf, spendDigestOf, spenderOf } from './guard-ids.js'
import { type AskedSpend, readIntent, type SpendIntention } from './guard-intent.js'
import { type OutgoingResponse, Passage } from './guard-passage.js'
import { createHeldSpend, createIdleSpend } from './guard-spend.js'
import { requireSpending } from './requirement.js'
import { Settling, type SettlingPorts } from './settling.js'
import { createLater } from './settling-later.js'
import { grantSpend } from './spend.js'

/**
 * What an adapter does next: write an answer, run the handler, or neither, because the client has gone away. Rejects
 * with an error where the host has made a mistake.
 */
export type GuardOutcome = GateResponse | 'enter' | 'gone'

/** Guards one route of the host's: reserves what a request will spend before its handler runs. */
export type SpendGuard = (
  request: GateRequest,
  body: unknown,
  response: OutgoingResponse,
) => Promise<GuardOutcome>

interface GuardPorts extends SettlingPorts {
  readonly wiring: Wiring
  readonly authorizer: Authorizer
  readonly holds: Holds
}

const made = new WeakMap<Wiring, GuardPorts>()
const NO_BODY = Object.freeze({})
// A caller who is nobody is bound to nothing: no decision is kept of whatever they send.
const UNKNOWN_SPENDER = refused('spend_denied', { reasonCode: 'INSTRUMENT_UNKNOWN', spendDecisionId: null })
const NOTHING_HELD = refused('dependency_unavailable', {
  dependency: 'store',
  cause: new Error('the store has approved what it does not hold'),
})

/**
 * Makes a guard.
 *
 * @param absentKey - What the framework has in the place of a header that is not there, beside `undefined`.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending.
 */
export function createSpendGuard<A extends Access, Native, Body>(
  gate: Gate<A>,
  intend: SpendIntention<A, Native, Body>,
  absentKey?: unknown,
): SpendGuard {
  const { wiring, requirements } = inspectGate(gate)
  requireSpending(wiring)
  if (typeof intend !== 'function') {
    throw new GateError('ERR_GATE_OPTIONS', [
      'reserveSpend needs a function that says what a request will spend',
    ])
  }

  async function askHost(
    request: GateRequest,
    body: unknown,
    access: A,
  ): Promise<AskedSpend | Refused | null> {
    const input = { access, body: (body ?? NO_BODY) as Body, native: request.native as Native }
    try {
      const intent = await callWithin(wiring.config.policyTimeoutMs, (options) => intend(input, options))
      return readIntent(intent, absentKey)
    } catch (cause) {
      if (cause instanceof DeadlinePassed) return refused('policy_unavailable', { cause })
      throw errorOf(cause)
    }
  }

  async function guard(request: GateRequest, body: unknown, passage: Passage): Promise<GuardOutcome> {
    const access = accessOf(request.message, gate, requirements.wallet)
    const asked = refuseUnparsed(request, body) ?? (await askHost(request, body, access))
    if (asked === null) return 'enter'
    if (asked instanceof Refused) return renderRefused(asked, wiring, request, access)
    if (access.principal.kind === 'anonymous') return renderRefused(UNKNOWN_SPENDER, wiring, request, access)
    const ask = askOf(request, access, asked, passage)
    const ports = await portsOf(wiring)
    // A client that asks again as soon as it is answered must not hear that its request is still being worked on.
    await ports.holds.whenSettled(ask.reservation.id)
    const outcome = await ports.authorizer.decide(ask)
    if (outcome instanceof Refused) return renderRefused(outcome, wiring, request, access)
    return carryOut(ports, ask, outcome, passage)
  }

  return function guardSpend(request, body, response) {
    const passage = Passage.of(request.message, response)
    const outcome = guard(request, body, passage)
    passage.through(outcome)
    return outcome
  }
}

// Frameworks take some of what can be thrown for success, and would run the handler.
function errorOf(cause: unknown): Error {
  if (cause instanceof Error) return cause
  return new GateError(
    'ERR_GATE_OPTIONS',
    ['reserveSpend: the callback failed with something that is no Error'],
    { cause },
  )
}

async function portsOf(wiring: Wiring): Promise<GuardPorts> {
  const known = made.get(wiring)
  if (known !== undefined) return known
  const { store } = requireSpending(wiring)
  const timeoutMs = wiring.config.portTimeoutMs
  // Loaded by the first request that spends: few hosts need it to start.
  const { spendingOf } = await import('./spending.js')
  const { authorizer } = spendingOf(wiring)
  const ports = made.get(wiring) ?? {
    store,
    timeoutMs,
    later: createLater(),
    wiring,
    authorizer,
    holds: createHolds(timeoutMs),
  }
  made.set(wiring, ports)
  return ports
}

// An anonymous caller proves nothing about a gate, but that is no mistake of the host's: it has nothing to spend with.
function accessOf<A extends Access>(message: object, gate: Gate<A>, requiresWallet: boolean): A {
  try {
    const latest = lookUpAccess(message)
    const isAnonymous = latest.principal.kind === 'anonymous' && !requiresWallet
    return isAnonymous ? (latest as A) : lookUpAccess(message, gate)
  } catch (cause) {
    throw new GateError(
      'ERR_GATE_NO_ACCESS',
      ['reserveSpend: its gate has not allowed this request; put requireAccess(thatGate) before it'],
      { cause },
    )
  }
}

function askOf(
  request: GateRequest,
  access: Access,
  asked: AskedSpend,
  passage: Passage,
): SpendAsk & { readonly reservation: NonNullable<SpendAsk['reservation']> } {
  const spender = spenderOf(access)
  return {
    purpose: 'guard',
    access,
    request,
    instruments: spender.instruments,
    action: asked.action,
    requestDigest: spendDigestOf(request, spender, asked),
    // What was declined, or given back, may be tried again.
    reservation: { id: holdIdOf(request, spender, asked.key, passage), renews: true, isAwaited: false },
  }
}

function carryOut(ports: GuardPorts, ask: SpendAsk, outcome: SpendOutcome, passage: Passage): GuardOutcome {
  const { wiring, holds } = ports
  const { request, access } = ask
  const repeated = refuseRepeated(outcome, ask.requestDigest)
  if (repeated !== undefined) return renderRefused(repeated, wiring, request, access)
  const { decision, reservation } = outcome
  if (decision.decision === 'DECLINE') return renderDeclined(decision, wiring)
  const { money } = ask.action
  if (reservation?.state !== 'held') {
    // Whatever a store may answer: nothing is spent that is neither held nor only observed.
    if (decision.mode !== 'observe') return renderRefused(NOTHING_HELD, wiring, request, access)
    grantSpend(request.message, createIdleSpend(decision, money))
    return 'enter'
  }
  const settling = new Settling(ports, reservation, false, (cause) =>
    tellUnsettled(wiring, ask, decision.id, cause),
  )
  // The handler was never entered: whatever it would have done was not done.
  if (passage.isOver()) {
    void settling.conclude({ as: 'release' })
    return 'gone'
  }
  holds.settleAfter(passage, reservation.id, settling)
  grantSpend(request.message, createHeldSpend(decision, money, reservation.id, settling))
  return 'enter'
}

// The decision stands: only its end is not known. As long as it is not, the amount counts as spent.
function tellUnsettled(
  { reporter }: Wiring,
  { request, access }: SpendAsk,
  decisionId: string,
  cause: unknown,
): void {
  const { principal, wallet } = access
  reporter.end(
    { type: 'allow', decisionId, access },
    {
      request,
      principal,
      wallet: wallet?.address,
      balance: undefined,
      trace: reporter.begin(),
      degradedBy: cause,
    },
  )
}
