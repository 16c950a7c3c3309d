import { MAX_AMOUNT } from './money.js'
import { assetsOf, type DraftEntry, type PolicyDraft, smallestBudget } from './policy-document-draft.js'
import { DEFAULT_APPROVAL_SECONDS } from './policy-document-limits.js'
import type { DocumentReader } from './policy-document-reader.js'

/**
 * What a policy can be made from. Auctra publishes these names and nothing of what is behind them: the contents are
 * ours.
 *
 * - `merchant-locked`: money goes to the merchants that the policy names, so it must name some in `merchants.allow`.
 *   Everything else is as given.
 * - `low-risk`: small amounts in one currency, which must be named by `currencies` or by a limit. Where the document
 *   has no `per_transaction`, it is 5,000 minor units, or as much as the smallest budget; where it has no `budgets`,
 *   there is one by the calendar month in UTC, named `low-risk monthly`, of ten times that. The codes of
 *   {@link HIGH_RISK_MCCS} are denied besides those that the document denies; one that `mccs.allow` names is not.
 * - `human-review-required`: every spend asks somebody. `approval.above` is 0 for every asset.
 */
export type PolicyTemplate = 'merchant-locked' | 'low-risk' | 'human-review-required'

/** The names of all templates. */
export const POLICY_TEMPLATES: readonly PolicyTemplate[] = Object.freeze([
  'merchant-locked',
  'low-risk',
  'human-review-required',
])

/**
 * What `low-risk` keeps money from: money transfer, pawn shops, telemarketing that calls (inbound), quasi cash,
 * securities, dating and gambling.
 */
export const HIGH_RISK_MCCS: readonly string[] = Object.freeze([
  '4829',
  '5933',
  '5967',
  '6051',
  '6211',
  '7273',
  '7995',
])

const LOW_RISK_PER_TRANSACTION = 5_000n
const LOW_RISK_TRANSACTIONS_A_MONTH = 10n
const PATH = 'template'

/** What a draft is with what its template brings; notes what the template needs and the draft lacks. */
export function applyTemplate(draft: PolicyDraft, reader: DocumentReader): PolicyDraft {
  switch (draft.template) {
    case 'merchant-locked':
      return withMerchants(draft, reader)
    case 'low-risk':
      return withLowRisk(draft, reader)
    case 'human-review-required':
      return withReview(draft, reader)
    case undefined:
      return draft
  }
}

function withMerchants(draft: PolicyDraft, reader: DocumentReader): PolicyDraft {
  if (draft.merchants?.allow === undefined && !reader.hasProblemsIn('merchants')) {
    reader.note('merchants.allow', 'is missing: the template merchant-locked needs it')
  }
  return draft
}

function withLowRisk(draft: PolicyDraft, reader: DocumentReader): PolicyDraft {
  // What could not be read may have named the currency, or a limit.
  if (['currencies', 'mints', 'per_transaction', 'budgets'].some((name) => reader.hasProblemsIn(name))) {
    return draft
  }
  const [asset, another] = assetsOf(draft)
  if (asset === undefined || another !== undefined || asset.startsWith('mint:')) {
    reader.note('currencies', 'must be one currency, and no mint: the template low-risk needs it')
    return draft
  }
  const allowed = new Set(draft.mccs?.allow?.map(({ key }) => key))
  const denied = draft.mccs?.deny ?? []
  const brought = HIGH_RISK_MCCS.filter(
    (code) => !allowed.has(code) && denied.every(({ key }) => key !== code),
  )
  const mccs = { allow: draft.mccs?.allow, deny: [...denied, ...brought.map(entryOf)] }
  const smallest = smallestBudget(draft.budgets, asset)?.limit ?? MAX_AMOUNT
  const modest = smallest < LOW_RISK_PER_TRANSACTION ? smallest : LOW_RISK_PER_TRANSACTION
  const perTransaction =
    draft.perTransaction.length > 0 ? draft.perTransaction : [{ path: PATH, asset, amount: modest }]
  if (draft.budgets.some(({ kind }) => kind === 'amount')) return { ...draft, mccs, perTransaction }
  const monthly = (perTransaction[0]?.amount ?? modest) * LOW_RISK_TRANSACTIONS_A_MONTH
  const budget = {
    path: PATH,
    name: 'low-risk monthly',
    kind: 'amount' as const,
    limit: monthly < MAX_AMOUNT ? monthly : MAX_AMOUNT,
    asset,
    window: { kind: 'calendar' as const, unit: 'month' as const, timeZone: 'UTC' },
  }
  return { ...draft, mccs, perTransaction, budgets: [budget, ...draft.budgets] }
}

function entryOf(code: string): DraftEntry {
  return { path: PATH, key: code, text: code }
}

function withReview(draft: PolicyDraft, reader: DocumentReader): PolicyDraft {
  const above = draft.approval?.above ?? []
  for (const { amount, path } of above) {
    if (amount !== 0n) {
      reader.note(`${path}.amount`, 'must be 0, or left out: human-review-required asks about every spend')
    }
  }
  const missing = [...assetsOf(draft)].filter((asset) => above.every((one) => one.asset !== asset))
  const ttlSeconds = draft.approval?.ttlSeconds ?? DEFAULT_APPROVAL_SECONDS
  const added = missing.map((asset) => ({ path: PATH, asset, amount: 0n }))
  return { ...draft, approval: { above: [...above, ...added], ttlSeconds } }
}
