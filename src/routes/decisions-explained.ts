import type { SpendDecision } from '../spend/decision-view.js'
import type { Check } from '../spend/evaluate.js'
import { decisionViewOf } from './decisions-view.js'

/** A decision of the log, and in sentences why it is as it is. */
export function explainedDecisionOf(decision: SpendDecision): object {
  return { ...decisionViewOf(decision), explanation: explanationOf(decision) }
}

const REASONS: Readonly<Record<string, string>> = {
  INSTRUMENT_UNKNOWN: 'No spending authority that this caller may use is bound to the instrument.',
  BINDING_INACTIVE: 'The binding of the instrument is not active.',
  AGENT_INACTIVE: 'The agent is not active.',
  SPENDING_AUTHORITY_INACTIVE: 'The spending authority is not active.',
  SPENDING_AUTHORITY_NOT_IN_FORCE: 'The spending authority was not in force at that time.',
  CURRENCY_NOT_ALLOWED: 'The policy does not allow to spend this currency or mint.',
  MERCHANT_MISSING: 'The policy names merchants, and this spend names none.',
  MERCHANT_DENIED: 'The policy denies the merchant.',
  MERCHANT_NOT_ALLOWED: 'The merchant is not among those that the policy allows.',
  MCC_MISSING: 'The policy names merchant category codes, and this spend has none.',
  MCC_DENIED: 'The policy denies the merchant category code.',
  MCC_NOT_ALLOWED: 'The merchant category code is not among those that the policy allows.',
  OUTSIDE_HOURS: 'The policy does not allow to spend at that hour.',
  LIMIT_PER_TRANSACTION: 'The amount is above what the policy allows for one transaction.',
  APPROVAL_REQUIRED: 'The amount is above what the policy allows without an approval, and there was none.',
  APPROVAL_REJECTED: 'Somebody was asked for an approval, and said no.',
  APPROVAL_USED: 'The approval had been used already.',
}

function explanationOf(decision: SpendDecision): readonly string[] {
  const failed = decision.checks.filter(({ result }) => result === 'FAIL')
  const sentences = failed.map((check) => sentenceOf(check, decision))
  // What is used up is found out by the store, and is no check of the policy's.
  if (decision.evaluated === 'DECLINE' && failed.length === 0) {
    sentences.push(REASONS[decision.reasonCode] ?? `It was declined: ${decision.reasonCode}.`)
  }
  return [verdictOf(decision), ...sentences, ...versionOf(decision)]
}

function verdictOf({ degraded, decision, evaluated }: SpendDecision): string {
  if (degraded) return 'It could not be evaluated; the spending authority only observes and let it through.'
  if (evaluated === 'APPROVE') return 'The policy approves it.'
  return decision === 'DECLINE'
    ? 'It was declined.'
    : 'It would have been declined, but the spending authority only observes.'
}

function sentenceOf({ check, reasonCode, detail }: Check, { budgets, action }: SpendDecision): string {
  const reason = REASONS[reasonCode]
  if (reason !== undefined) return detail === undefined ? reason : `${reason.slice(0, -1)} (${detail}).`
  const budget = budgets.find(
    ({ kind, name }) => check === `${kind === 'count' ? 'count' : 'budget'}:${name}`,
  )
  if (budget === undefined) return `The check ${check} failed: ${detail ?? reasonCode}.`
  const { name, kind, limit, remaining, asset } = budget
  return kind === 'count'
    ? `The count ${name} is used up: ${limit - remaining} of ${limit}.`
    : `The budget ${name} has ${remaining} of ${limit} ${asset ?? ''} left, and this takes ${action.amount}.`
}

function versionOf({ policyVersion }: SpendDecision): readonly string[] {
  return policyVersion === null ? [] : [`The version of the policy was ${policyVersion}.`]
}
