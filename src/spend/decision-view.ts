import type { KeptDecision } from '../ports/spend-store.js'
import type { BudgetView, Check } from './evaluate.js'
import type { Instrument, Mandate } from './records.js'
import type { BudgetWindow } from './windows.js'

/** What was asked: an authorization, a guarded route's spend, or what an agent only plans. */
export type SpendPurpose = 'authorize' | 'guard' | 'intent'

/** An amount, and where it goes. */
export interface SpendAction {
  readonly amount: bigint
  /** A currency, or `mint:` and the address of a mint. */
  readonly asset: string
  readonly merchant: string | null
  /** Four digits (ISO 18245). */
  readonly mcc: string | null
}

/** What is left of one limit after a decision. */
export interface BudgetState {
  readonly name: string
  readonly kind: 'amount' | 'count'
  readonly limit: bigint
  readonly remaining: bigint
  readonly asset: string | null
  readonly window: BudgetWindow
  /** Wall clock, milliseconds; null where it never does, or bit by bit. */
  readonly resetsAtMs: number | null
}

/** A decision on spending, with everything it rests on. */
export interface SpendDecision {
  readonly id: string
  /** Wall clock, milliseconds. */
  readonly atMs: number
  readonly purpose: SpendPurpose
  /** Who may read it: the owner of the mandate, or whoever asked where there is none. */
  readonly accountId: string
  /** Who asked. */
  readonly callerAccountId: string
  readonly wallet: string | null
  readonly instrument: Instrument | null
  readonly agentId: string | null
  readonly mandateId: string | null
  readonly policyId: string | null
  /** A digest of the policy as it was then. */
  readonly policyVersion: string | null
  /** Null where no mandate was found. */
  readonly mode: Mandate['mode'] | null
  /** What is acted on: in `observe` it is always `APPROVE`. */
  readonly decision: 'APPROVE' | 'DECLINE'
  /** What the policy says, whatever the mode. */
  readonly evaluated: 'APPROVE' | 'DECLINE'
  /** Of what the policy says: `POLICY_MATCH`, or the first check that failed. */
  readonly reasonCode: string
  readonly checks: readonly Check[]
  readonly budgets: readonly BudgetState[]
  readonly action: SpendAction
  /** SHA-256 of what was asked, in lower-case hex. */
  readonly requestDigest: string
  readonly reservationId: string | null
  /** The approval that it waits for, or has used. */
  readonly approval: { readonly id: string; readonly expiresAtMs: number } | null
  /** Whether something could not be known, and `observe` went on without. */
  readonly degraded: boolean
}

/** What a decision is made of, as it is kept: everything but what the store finds out. */
export interface DecisionDraft
  extends Omit<SpendDecision, 'decision' | 'evaluated' | 'reasonCode' | 'budgets' | 'reservationId'> {
  /** One for each take, in their order. */
  readonly budgets: readonly BudgetView[]
  /** What each take takes, in their order. */
  readonly taken: readonly bigint[]
  /** What was counted, where that was only looked at. */
  readonly sums: readonly bigint[]
}

/** Writes a draft as JSON: amounts as texts. */
export function documentOf(draft: DecisionDraft): string {
  const { id: _id, atMs: _atMs, accountId: _accountId, ...rest } = draft
  return JSON.stringify(rest, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
}

/** Reads a decision of the log. */
export function decisionOf(kept: KeptDecision): SpendDecision {
  const { id, atMs, accountId, document } = kept
  const told = JSON.parse(document) as Omit<DecisionDraft, 'id' | 'atMs' | 'accountId'>
  const budgets = told.budgets.map((budget) => ({ ...budget, limit: BigInt(budget.limit) }))
  const action = { ...told.action, amount: BigInt(told.action.amount) }
  const draft = { ...told, id, atMs, accountId, budgets, action, ...numbersOf(told) }
  return concluded(draft, kept)
}

function numbersOf({ taken, sums }: Pick<DecisionDraft, 'taken' | 'sums'>) {
  return { taken: taken.map(BigInt), sums: sums.map(BigInt) }
}

/** A decision out of its draft and what the store found out. */
export function concluded(
  draft: DecisionDraft,
  found: Pick<KeptDecision, 'outcome' | 'exceeded' | 'sums' | 'reservationId'>,
): SpendDecision {
  const { budgets, taken, sums: seen, ...rest } = draft
  const sums = found.sums.length > 0 ? found.sums : seen
  const isApproved = found.outcome === 'approved'
  const checks = [...draft.checks, ...budgets.map((budget, at) => checkOf(budget, taken[at], sums[at]))]
  const failed = checks.find(({ result }) => result === 'FAIL')
  return {
    ...rest,
    checks,
    decision: isApproved || draft.mode === 'observe' ? 'APPROVE' : 'DECLINE',
    evaluated: isApproved ? 'APPROVE' : 'DECLINE',
    reasonCode: isApproved ? 'POLICY_MATCH' : (failed?.reasonCode ?? 'APPROVAL_USED'),
    budgets: budgets.map((budget, at) => {
      const left = budget.limit - (sums[at] ?? 0n) - (isApproved ? (taken[at] ?? 0n) : 0n)
      return { ...budget, remaining: left > 0n ? left : 0n }
    }),
    reservationId: found.reservationId,
  }
}

function checkOf(budget: BudgetView, taken = 0n, sum = 0n): Check {
  const { name, kind, limit } = budget
  const reasonCode = kind === 'count' ? 'COUNT_EXCEEDED' : 'BUDGET_EXCEEDED'
  return {
    check: `${kind === 'count' ? 'count' : 'budget'}:${name}`,
    result: sum + taken <= limit ? 'PASS' : 'FAIL',
    reasonCode,
  }
}
