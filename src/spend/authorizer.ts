import type { Access } from '../access.js'
import { Refused } from '../decision.js'
import { nextDecisionId } from '../decision-id.js'
import type { SpendConfig } from '../options.js'
import type { Reservation, Reserved, Take } from '../ports/spend-store.js'
import { type GateRequest, pathOf } from '../request.js'
import { attempt } from '../stages/attempt.js'
import type { Trace } from '../telemetry/reporter.js'
import type { Wiring } from '../wiring.js'
import { type ApprovalDesk, createApprovalDesk, takeOfApproval } from './approvals.js'
import { loadCalendar } from './calendar.js'
import { draftOf, evaluated, keptAs } from './decision-draft.js'
import {
  concluded,
  type DecisionDraft,
  decisionOf,
  type SpendDecision,
  type SpendPurpose,
} from './decision-view.js'
import { type Action, type Check, evaluatePolicy } from './evaluate.js'
import { amountOf } from './money.js'
import type { Instrument } from './records.js'
import { createLater } from './settling-later.js'
import { givingBackLost } from './settling-lost.js'
import { createStandings, type Standing, standingChecks } from './standing.js'
import { tellOfSpend } from './telling.js'

/** A spend that is to be decided. */
export interface SpendAsk {
  readonly purpose: SpendPurpose
  /** Who asks. */
  readonly access: Access
  readonly request: GateRequest
  /** What the mandate is found by: the first of them that is bound. */
  readonly instruments: readonly Instrument[]
  readonly action: Action
  /** SHA-256 of what is asked, in lower-case hex: one reservation stands for one request. */
  readonly requestDigest: string
  /** Null where nothing is to be held, as for an intent. */
  readonly reservation: {
    readonly id: string
    /** Whether one that was declined, or given back, is made anew. */
    readonly renews: boolean
    /**
     * Whether the caller can ask for the very same again. Then what was reserved after nobody waited for it any more is
     * kept for them; otherwise it is given back.
     */
    readonly isAwaited: boolean
  } | null
}

/** What became of it. */
export interface SpendOutcome {
  readonly decision: SpendDecision
  /** What is held, or was by an earlier request of the same id; null where nothing was to be. */
  readonly reservation: Reservation | null
  /** Whether it was decided just now; otherwise it is what an earlier request was told. */
  readonly isNew: boolean
}

/** A spend that is being decided. */
interface TracedAsk extends SpendAsk {
  readonly trace: Trace | undefined
}

/** Decides what may be spent. */
export interface Authorizer {
  /** A refusal only where something cannot be known, and the mandate does not merely observe. */
  decide(ask: SpendAsk): Promise<SpendOutcome | Refused>
}

/** Decides over one gate's store: who spends is read anew each time, and everything is taken in one step. */
export function createAuthorizer(wiring: Wiring, spend: SpendConfig): Authorizer {
  const { clock, portTimeoutMs } = wiring.config
  const { store } = spend
  const givingBack = givingBackLost({ store, timeoutMs: portTimeoutMs, later: createLater() })
  const standings = createStandings(store, portTimeoutMs)
  const desk: ApprovalDesk = createApprovalDesk(store, clock, portTimeoutMs)

  async function decide(asked: SpendAsk): Promise<SpendOutcome | Refused> {
    const ask = { ...asked, trace: wiring.reporter.begin() }
    const atMs = clock.wallMs()
    const standing = await standings.find(ask.instruments, ask.access.principal.accountId, ask.purpose)
    if (standing instanceof Refused) return standing
    const draft = draftOf(ask, standing, atMs)
    if (standing === undefined) return keep(ask, { ...draft, checks: [UNKNOWN_INSTRUMENT] }, [], 'declined')
    const outcome = await decideUnder(ask, standing, draft)
    // What only observes stops nothing, also where nothing can be known.
    return outcome instanceof Refused && standing.mandate.mode === 'observe'
      ? degraded(ask, draft, outcome)
      : outcome
  }

  async function decideUnder(
    ask: TracedAsk,
    standing: Standing,
    draft: DecisionDraft,
  ): Promise<SpendOutcome | Refused> {
    const parties = await standings.partiesOf(standing)
    if (parties instanceof Refused) return parties
    const { agent, policy, policyVersion } = parties
    const { mandate } = standing
    const scope = `${mandate.mode === 'observe' ? 'shadow' : 'live'}:${mandate.id}`
    const calendar = await loadCalendar()
    // A policy may name a time zone that this runtime does not know any more.
    const evaluation = await attempt('gate', portTimeoutMs, () =>
      evaluatePolicy(policy, ask.action, scope, draft.atMs, calendar),
    )
    if (evaluation instanceof Refused) return evaluation
    const checks = [...standingChecks(standing, agent, draft.atMs), ...evaluation.checks]
    const full = { ...draft, policyVersion, ...evaluated(evaluation, checks, ask.action) }
    const passes = checks.every(({ result }) => result === 'PASS')
    // An intent holds nothing; what is declined anyway takes nothing: what is left is then only looked at.
    if (!passes || ask.reservation === null || evaluation.needsApproval) {
      const sums = await attempt('store', portTimeoutMs, (call) => store.readSums(evaluation.takes, call))
      if (sums instanceof Refused) return sums
      const seen = { ...full, sums }
      const fits = evaluation.takes.every(
        ({ limit }, at) => (sums[at] ?? 0n) + (full.taken[at] ?? 0n) <= limit,
      )
      if (!passes || !fits) return keep(ask, seen, [], 'declined')
      if (evaluation.needsApproval) {
        return decideWithApproval(ask, standing, seen, evaluation.takes, policy.approvalTtlMs)
      }
      return keep(ask, seen, [], 'approved')
    }
    return keep(ask, full, evaluation.takes, 'approved')
  }

  async function decideWithApproval(
    ask: TracedAsk,
    standing: Standing,
    draft: DecisionDraft,
    takes: readonly Take[],
    approvalTtlMs: number,
  ): Promise<SpendOutcome | Refused> {
    const { mandate, binding } = standing
    const subject = { mandate, instrument: binding.instrument, action: draft.action, route: routeOf(ask) }
    const found = await desk.find(subject)
    if (found instanceof Refused) return found
    if (found?.status === 'approved') {
      const approval = { id: found.id, expiresAtMs: found.expiresAtMs }
      const passed = { ...draft, approval, checks: [...draft.checks, APPROVED] }
      if (ask.reservation === null) return keep(ask, passed, [], 'approved')
      // What only observes uses nothing up.
      const use = mandate.mode === 'observe' ? [] : [takeOfApproval(found)]
      return keep(ask, { ...passed, sums: [] }, [...takes, ...use], 'approved')
    }
    const checks = [...draft.checks, found?.status === 'rejected' ? REJECTED : NOT_APPROVED]
    // Nobody is asked for what only observes, or what is only planned.
    if (mandate.mode === 'observe' || ask.purpose === 'intent')
      return keep(ask, { ...draft, checks }, [], 'declined')
    const known = ask.reservation === null ? undefined : await knownOf(ask.reservation, ask.requestDigest)
    if (known !== undefined) return known
    const opened = found ?? (await desk.open(subject, approvalTtlMs))
    if (opened instanceof Refused) return opened
    const approval = { id: opened.id, expiresAtMs: opened.expiresAtMs }
    return keep(ask, { ...draft, approval, checks }, [], 'declined')
  }

  /** What an earlier request of the same id was told, where it is not made anew. */
  async function knownOf(
    { id, renews }: NonNullable<SpendAsk['reservation']>,
    requestDigest: string,
  ): Promise<SpendOutcome | Refused | undefined> {
    const found = await attempt('store', portTimeoutMs, (call) => store.readReservation(id, call))
    if (found === undefined || found instanceof Refused) return found
    const { reservation } = found
    const { state, fingerprint } = reservation
    const isOver = state === 'declined' || state === 'released'
    if (renews && isOver && fingerprint === requestDigest) return undefined
    const kept = await attempt('store', portTimeoutMs, (call) =>
      store.readDecision(reservation.decisionId, call),
    )
    if (kept === undefined || kept instanceof Refused) return kept
    return { decision: decisionOf(kept), reservation, isNew: false }
  }

  async function keep(
    ask: TracedAsk,
    draft: DecisionDraft,
    takes: readonly Take[],
    outcome: 'approved' | 'declined',
  ): Promise<SpendOutcome | Refused> {
    const decision = keptAs(draft, outcome)
    const ledger = ask.reservation?.isAwaited === true ? store : givingBack
    const reserved = await attempt<Reserved>('store', portTimeoutMs, (call) =>
      ledger.reserve(decision, reservationOf(ask, draft.mode, takes), call),
    )
    if (reserved instanceof Refused) return reserved
    const { isNew, reservation } = reserved
    const told = isNew ? concluded(draft, reserved.decision) : decisionOf(reserved.decision)
    if (isNew) tellOfSpend(wiring, ask, told, ask.trace)
    return { decision: told, reservation, isNew }
  }

  function reservationOf(
    { reservation, requestDigest, access, purpose, action }: SpendAsk,
    mode: DecisionDraft['mode'],
    takes: readonly Take[],
  ) {
    if (reservation === null) return null
    const isGuard = purpose === 'guard'
    return {
      id: reservation.id,
      accountId: access.principal.accountId,
      fingerprint: requestDigest,
      amount: amountOf(action.money),
      ttlMs: isGuard ? spend.reservationTtlMs : spend.authorizationTtlMs,
      // A handler that ran may have done it; an authorization that nobody captured was not.
      onExpiry: isGuard ? ('commit' as const) : ('release' as const),
      takes,
      renews: reservation.renews,
      holdsAnyway: isGuard && mode === 'observe',
    }
  }

  function degraded(ask: TracedAsk, draft: DecisionDraft, { reason }: Refused): SpendOutcome {
    const found = { outcome: 'approved', exceeded: [], sums: [], reservationId: null } as const
    // Under an id of its own: what could not be kept may be kept late.
    const degraded = { ...draft, id: nextDecisionId(), degraded: true }
    const decision = concluded(degraded, found)
    // Nobody waits for it: where the log is away too, the host's hook has heard of it.
    void attempt('store', portTimeoutMs, (call) => store.reserve(keptAs(degraded, 'approved'), null, call))
    tellOfSpend(
      wiring,
      ask,
      decision,
      ask.trace,
      reason.code === 'dependency_unavailable' ? reason.cause : undefined,
    )
    return { decision, reservation: null, isNew: true }
  }

  return { decide }
}

const UNKNOWN_INSTRUMENT: Check = Object.freeze({
  check: 'instrument',
  result: 'FAIL',
  reasonCode: 'INSTRUMENT_UNKNOWN',
})
const APPROVED: Check = Object.freeze({ check: 'approval', result: 'PASS', reasonCode: 'APPROVAL_REQUIRED' })
const NOT_APPROVED: Check = Object.freeze({
  check: 'approval',
  result: 'FAIL',
  reasonCode: 'APPROVAL_REQUIRED',
})
const REJECTED: Check = Object.freeze({
  check: 'approval',
  result: 'FAIL',
  reasonCode: 'APPROVAL_REJECTED',
})

// A processor's authorization is for wherever the instrument is presented.
function routeOf({ purpose, request }: SpendAsk): string | null {
  return purpose === 'guard' ? `${request.method} ${request.route ?? pathOf(request.target)}` : null
}
