import type { FieldProblem } from './field-problem.js'
import type { SpendPolicy } from './policy.js'
import { noteContradictions } from './policy-document-contradictions.js'
import type { PolicyDraft } from './policy-document-draft.js'
import { DEFAULT_APPROVAL_SECONDS, readApproval, readBudgets, readLimits } from './policy-document-limits.js'
import { toPolicy } from './policy-document-policy.js'
import { DocumentReader } from './policy-document-reader.js'
import { readCurrencies, readMccs, readMerchants, readMints } from './policy-document-rules.js'
import { readHours } from './policy-document-time.js'
import { applyTemplate, POLICY_TEMPLATES } from './policy-templates.js'

export { policyDocumentOf } from './policy-document-text.js'

const MEMBERS = [
  'name',
  'template',
  'currencies',
  'mints',
  'per_transaction',
  'budgets',
  'counts',
  'merchants',
  'mccs',
  'hours',
  'approval',
]

/**
 * Reads a policy: JSON that was parsed, of the shape of `PolicyDocument`. A member that is not known is refused, as is
 * a policy that contradicts itself or limits nothing.
 *
 * @returns The policy; or everything that is wrong with it, at most a thousand things. Never throws.
 */
export function readPolicyDocument(value: unknown): SpendPolicy | readonly FieldProblem[] {
  const reader = new DocumentReader()
  const draft = readDraft(reader, value)
  if (draft === undefined) return reader.problems
  const whole = applyTemplate(draft, reader)
  noteContradictions(whole, reader)
  return reader.problems.length > 0 ? reader.problems : toPolicy(whole)
}

/** Whether {@link readPolicyDocument} has found something wrong. */
export function isRefusedPolicy(
  read: SpendPolicy | readonly FieldProblem[],
): read is readonly FieldProblem[] {
  return Array.isArray(read)
}

function readDraft(reader: DocumentReader, value: unknown): PolicyDraft | undefined {
  const members = reader.members(value, '', MEMBERS)
  if (members === undefined) return undefined
  const given = <T>(name: string, read: (reader: DocumentReader, value: unknown) => T | undefined) =>
    members[name] === undefined ? undefined : read(reader, members[name])
  const name = reader.text(members.name, 'name')
  return {
    name: name ?? '',
    template: given('template', (_reader, template) => reader.oneOf(template, 'template', POLICY_TEMPLATES)),
    currencies: given('currencies', readCurrencies),
    mints: given('mints', readMints),
    perTransaction:
      given('per_transaction', (_reader, limits) => readLimits(reader, limits, 'per_transaction')) ?? [],
    budgets: readBudgets(reader, members),
    merchants: given('merchants', readMerchants),
    mccs: given('mccs', readMccs),
    hours: given('hours', (_reader, hours) => readHours(reader, hours, 'hours')),
    approval: approvalOf(reader, members.approval, members.template),
  }
}

function approvalOf(reader: DocumentReader, value: unknown, template: unknown): PolicyDraft['approval'] {
  if (value === undefined) return undefined
  const approval = readApproval(reader, value)
  if (approval === undefined || approval.above !== undefined || template === 'human-review-required') {
    return approval
  }
  if (!reader.hasProblemsIn('approval')) reader.note('approval.above', 'is missing')
  return { above: [], ttlSeconds: DEFAULT_APPROVAL_SECONDS }
}
