import type { Decision } from '../decision.js'
import type { SpendEvent } from '../telemetry/decision-event.js'
import type { Trace } from '../telemetry/reporter.js'
import type { Wiring } from '../wiring.js'
import type { SpendAsk } from './authorizer.js'
import type { SpendDecision } from './decision-view.js'

/**
 * Tells the host's hook of a decision on spending, as of the gate's own.
 *
 * @param trace - Since when it was being decided.
 * @param cause - Why something could not be known, where `observe` went on without.
 */
export function tellOfSpend(
  { config, reporter }: Wiring,
  { access, request }: SpendAsk,
  decision: SpendDecision,
  trace: Trace | undefined,
  cause?: unknown,
): void {
  const { principal, wallet } = access
  const { id: decisionId, reasonCode } = decision
  const { realm } = config
  const told: Decision =
    decision.decision === 'APPROVE'
      ? { type: 'allow', decisionId, access }
      : { type: 'refuse', code: 'spend_denied', reasonCode, spendDecisionId: decisionId, decisionId, realm }
  const witnessed = {
    request,
    principal,
    wallet: wallet?.address,
    balance: undefined,
    trace,
  }
  reporter.end(told, { ...witnessed, spend: eventOf(decision), degradedBy: cause })
}

function eventOf(decision: SpendDecision): SpendEvent {
  const { purpose, mode, evaluated, reasonCode, agentId, mandateId, policyVersion } = decision
  const { reservationId, requestDigest, checks, action, degraded } = decision
  return {
    purpose,
    mode,
    evaluated,
    reasonCode,
    agentId,
    mandateId,
    policyVersion,
    reservationId,
    requestDigest,
    checks: checks.map(({ check, result }) => ({ check, result })),
    amount: String(action.amount),
    asset: action.asset,
    degraded,
  }
}
