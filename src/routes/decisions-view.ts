import type { SpendDecision } from '../spend/decision-view.js'
import { timestampOf, wireAmountOf, wireAssetOf } from './decisions-amount.js'
import { budgetViewOf } from './decisions-budget.js'

/** A decision of the log, whole. */
export function decisionViewOf(decision: SpendDecision): object {
  const { action, approval, checks, budgets, instrument } = decision
  return {
    decision_id: decision.id,
    decided_at: timestampOf(decision.atMs),
    purpose: decision.purpose,
    account_id: decision.accountId,
    caller_account_id: decision.callerAccountId,
    wallet: decision.wallet,
    // Of one that nobody has bound it is not known.
    instrument_type: decision.mandateId === null ? null : (instrument?.type ?? null),
    instrument_id: instrument?.id ?? null,
    agent_id: decision.agentId,
    spending_authority_id: decision.mandateId,
    policy_id: decision.policyId,
    policy_version: decision.policyVersion,
    mode: decision.mode,
    decision: decision.decision,
    evaluated: decision.evaluated,
    reason_code: decision.reasonCode,
    amount: wireAmountOf(action.amount),
    ...wireAssetOf(action.asset),
    merchant: action.merchant,
    mcc: action.mcc,
    checks: checks.map(({ check, result, reasonCode, detail }) => ({
      check,
      result,
      ...(result === 'FAIL' && { reason_code: reasonCode }),
      ...(detail !== undefined && { detail }),
    })),
    budgets: budgets.map(budgetViewOf),
    request_digest: decision.requestDigest,
    reservation_id: decision.reservationId,
    approval: approval && { approval_id: approval.id, expires_at: timestampOf(approval.expiresAtMs) },
    degraded: decision.degraded,
  }
}
