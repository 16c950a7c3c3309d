import { nextDecisionId } from '../decision-id.js'
import type { NewDecision } from '../ports/spend-store.js'
import type { SpendAsk } from './authorizer.js'
import { type DecisionDraft, documentOf } from './decision-view.js'
import type { Check, Evaluation } from './evaluate.js'
import { amountOf, assetOf } from './money.js'
import type { Standing } from './standing.js'

const NO_EVALUATION: Evaluation = Object.freeze({
  checks: Object.freeze([]),
  takes: Object.freeze([]),
  budgets: Object.freeze([]),
  needsApproval: false,
})

/** What is known of a spend before its policy is asked. */
export function draftOf(ask: SpendAsk, standing: Standing | undefined, atMs: number): DecisionDraft {
  const { access, action, purpose, requestDigest } = ask
  const { accountId } = access.principal
  const { money, merchant, mcc } = action
  return {
    id: nextDecisionId(),
    atMs,
    purpose,
    accountId: standing?.mandate.accountId ?? accountId,
    callerAccountId: accountId,
    wallet: access.wallet?.address ?? null,
    instrument: standing?.binding.instrument ?? ask.instruments[0] ?? null,
    agentId: standing?.mandate.agentId ?? null,
    mandateId: standing?.mandate.id ?? null,
    policyId: standing?.mandate.policyId ?? null,
    policyVersion: null,
    mode: standing?.mandate.mode ?? null,
    action: { amount: amountOf(money), asset: assetOf(money), merchant, mcc },
    requestDigest,
    approval: null,
    degraded: false,
    ...evaluated(NO_EVALUATION, [], action),
  }
}

/** A draft as the store keeps it. */
export function keptAs(draft: DecisionDraft, outcome: 'approved' | 'declined'): NewDecision {
  const { id, atMs, accountId, agentId, mandateId } = draft
  return { id, atMs, accountId, agentId, mandateId, outcome, document: documentOf(draft) }
}

/** What a policy says to a spend, as it goes into its draft. */
export function evaluated(
  { budgets, takes }: Evaluation,
  checks: readonly Check[],
  { money }: SpendAsk['action'],
): Pick<DecisionDraft, 'checks' | 'budgets' | 'taken' | 'sums'> {
  const taken = takes.map(({ measures }) => (measures === 'amount' ? amountOf(money) : 1n))
  return { checks, budgets, taken, sums: [] }
}
