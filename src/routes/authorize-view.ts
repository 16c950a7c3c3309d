import type { SpendOutcome } from '../spend/authorizer.js'
import type { SpendDecision } from '../spend/decision-view.js'
import { timestampOf } from './decisions-amount.js'
import { budgetViewOf } from './decisions-budget.js'

/** What a processor is told: the verdict, and what it may capture. */
export function authorizationViewOf({ decision, reservation }: SpendOutcome): object {
  const isApproved = decision.decision === 'APPROVE'
  // What `observe` let through against the policy can be captured too, but holds nothing that could expire.
  const isHeld = isApproved && reservation !== null && reservation.state !== 'declined'
  return verdictViewOf(decision, {
    authorization_id: isApproved ? (reservation?.id ?? null) : null,
    expires_at: isHeld ? timestampOf(reservation.expiresAtMs) : null,
  })
}

/**
 * What is told of a decision to whoever asked for it. It rests on what is kept alone: asked again it is the same.
 *
 * @param besides - Members that stand behind the ids.
 */
export function verdictViewOf(decision: SpendDecision, besides: object = {}): object {
  const { mode, checks, budgets, approval } = decision
  const isWaitedFor = decision.decision === 'DECLINE' && decision.reasonCode === 'APPROVAL_REQUIRED'
  return {
    decision: decision.decision,
    reason_code: reasonOf(decision),
    decision_id: decision.id,
    ...besides,
    mode,
    ...(decision.degraded && { degraded: true }),
    ...(wouldDecline(decision) && { would_decline: { reason_code: decision.reasonCode } }),
    checks: checks.map(({ check, result }) => ({ check, result })),
    budgets: budgets.map(budgetViewOf),
    ...(isWaitedFor &&
      approval !== null && {
        approval: { approval_id: approval.id, approve_by: timestampOf(approval.expiresAtMs) },
      }),
  }
}

/** Whether it is let through although the policy says no. */
function wouldDecline({ decision, evaluated }: SpendDecision): boolean {
  return decision === 'APPROVE' && evaluated === 'DECLINE'
}

// Where nothing could be known no policy has matched either.
function reasonOf(decision: SpendDecision): string {
  return decision.degraded || wouldDecline(decision) ? 'OBSERVE_MODE' : decision.reasonCode
}
