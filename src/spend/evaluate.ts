import type { Take } from '../ports/spend-store.js'
import type { Calendar } from './calendar.js'
import { checkPolicy } from './evaluate-checks.js'
import { amountOf, assetOf, type Money } from './money.js'
import type { SpendPolicy } from './policy.js'
import { type BudgetWindow, spanOf } from './windows.js'

/** What is to be paid, to whom and for what. */
export interface Action {
  readonly money: Money
  /** Null where it is not known. */
  readonly merchant: string | null
  /** Four digits, as `readMcc` answers them; null where it is not known. */
  readonly mcc: string | null
}

/** One thing that a policy asks, and whether it is so. */
export interface Check {
  readonly check: string
  readonly result: 'PASS' | 'FAIL'
  /** Why it fails, or what it would be where it does not. */
  readonly reasonCode: string
  /** For people: what was found, and what is allowed. Only where it fails. */
  readonly detail?: string
}

/** A budget as it stands at a moment. */
export interface BudgetView {
  readonly name: string
  readonly kind: 'amount' | 'count'
  /** Minor units, base units, or how often. */
  readonly limit: bigint
  /** A currency's code, or `mint:` and an address; null where spends of every asset are counted. */
  readonly asset: string | null
  readonly window: BudgetWindow
  /** When it begins anew, wall clock, milliseconds; null where it never does, or where each amount leaves it by itself. */
  readonly resetsAtMs: number | null
}

/** What a policy says to an action, but for what has been spent already. */
export interface Evaluation {
  /** Every check that applies, always in the same order. One that fails declines the action. */
  readonly checks: readonly Check[]
  /** What is to be taken of each budget: of those on other assets nothing. */
  readonly takes: readonly Take[]
  /** The budgets of the takes, by their place. */
  readonly budgets: readonly BudgetView[]
  /** Whether somebody has to approve it. */
  readonly needsApproval: boolean
}

/**
 * Puts an action to a policy at a moment.
 *
 * @param scope - Whose budgets these are: what is spent under another scope is not counted together.
 * @param atMs - Wall clock, milliseconds.
 * @throws RangeError where this runtime no longer knows a time zone of the policy.
 */
export function evaluatePolicy(
  policy: SpendPolicy,
  action: Action,
  scope: string,
  atMs: number,
  calendar: Calendar,
): Evaluation {
  const asset = assetOf(action.money)
  const takes: Take[] = []
  const budgets: BudgetView[] = []
  const scopeText = JSON.stringify(scope)
  for (const budget of policy.budgets) {
    if (budget.asset !== null && budget.asset !== asset) continue
    const { resetsAtMs, ...span } = spanOf(budget.window, atMs, calendar)
    const { name, kind, limit, window } = budget
    takes.push({ key: `[${scopeText},${budget.key}]`, measures: kind, limit, ...span })
    budgets.push({ name, kind, limit, asset: budget.asset, window, resetsAtMs })
  }
  const above = policy.approvalAbove.get(asset)
  return {
    checks: checkPolicy(policy, action, atMs, calendar),
    takes,
    budgets,
    needsApproval: above !== undefined && amountOf(action.money) > above,
  }
}
