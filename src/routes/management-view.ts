import type { AnsweredApproval } from '../spend/manager-approvals.js'
import { policyDocumentOf, policyVersionOf } from '../spend/policy-version.js'
import type { Agent, Binding, Mandate, PolicyRecord } from '../spend/records.js'
import { timestampOf, wireAmountOf, wireAssetOf } from './decisions-amount.js'

/** An agent as it is answered. */
export function agentViewOf({ id, name, status, createdAtMs }: Agent): object {
  return { agent_id: id, name, status, created_at: timestampOf(createdAtMs) }
}

/** A mandate as it is answered. */
export function mandateViewOf(mandate: Mandate): object {
  return {
    spending_authority_id: mandate.id,
    agent_id: mandate.agentId,
    policy_id: mandate.policyId,
    name: mandate.name,
    mode: mandate.mode,
    status: mandate.status,
    valid_from: timestampOf(mandate.validFromMs),
    valid_until: timestampOf(mandate.validUntilMs),
    processor_account_ids: mandate.processors,
    created_at: timestampOf(mandate.createdAtMs),
  }
}

/** A policy as it is answered: its document can be changed and sent back. */
export function policyViewOf({ id, policy, createdAtMs }: PolicyRecord): object {
  return {
    policy_id: id,
    policy_version: policyVersionOf(policy),
    policy: policyDocumentOf(policy),
    created_at: timestampOf(createdAtMs),
  }
}

/** A binding as it is answered. */
export function bindingViewOf({ id, mandateId, instrument, status, createdAtMs }: Binding): object {
  return {
    binding_id: id,
    spending_authority_id: mandateId,
    instrument_type: instrument.type,
    instrument_id: instrument.id,
    status,
    created_at: timestampOf(createdAtMs),
  }
}

/** What an approval is by now: one that nobody has answered in time is `expired`. */
export function approvalStatusOf({ status, expiresAtMs }: AnsweredApproval, nowMs: number): string {
  return status === 'pending' && expiresAtMs <= nowMs ? 'expired' : status
}

/** An approval as it is answered. */
export function approvalViewOf(approval: AnsweredApproval, nowMs: number): object {
  const { id, mandateId, action, createdAtMs, expiresAtMs, answeredBy, answeredAtMs } = approval
  return {
    approval_id: id,
    spending_authority_id: mandateId,
    status: approvalStatusOf(approval, nowMs),
    amount: wireAmountOf(BigInt(action.amount)),
    ...wireAssetOf(action.asset),
    merchant: action.merchant,
    mcc: action.mcc,
    route: action.route,
    instrument_type: action.instrument.type,
    instrument_id: action.instrument.id,
    created_at: timestampOf(createdAtMs),
    expires_at: timestampOf(expiresAtMs),
    answered_at: timestampOf(answeredAtMs ?? null),
    answered_by:
      answeredBy === undefined
        ? null
        : { account_id: answeredBy.accountId, credential_id: answeredBy.credentialId },
  }
}
