import type { KeptDecision, Take } from '../ports/spend-store.js'
import type { Calendar } from './calendar.js'
import { concluded, type DecisionDraft, decisionOf, type SpendDecision } from './decision-view.js'
import { type Action, type Check, evaluatePolicy } from './evaluate.js'
import { amountOf, assetOf, moneyOf } from './money.js'
import type { SpendPolicy } from './policy.js'
import { SimulatedBudgets } from './simulate-budgets.js'
import { STANDING_CHECKS } from './standing.js'

/** What a policy says, where nothing is held and nobody is asked. */
export type SimulatedVerdict = Pick<SpendDecision, 'evaluated' | 'reasonCode' | 'checks' | 'budgets'>

/** What a policy alone says to a spend at a moment, nothing having been spent before. */
export function simulateSpend(
  policy: SpendPolicy,
  action: Action,
  atMs: number,
  calendar: Calendar,
): SimulatedVerdict {
  const spend = { action, atMs, hasApproval: false, standing: [] }
  return verdictOf(policy, spend, new SimulatedBudgets(), calendar)
}

/** A spend of the decision log, as far as it can be decided anew. */
export interface LoggedSpend {
  readonly decisionId: string
  readonly atMs: number
  readonly action: Action
  /** Whether the policy of then approved it, whatever the mode. */
  readonly wasApproved: boolean
  /** Whether somebody had approved it: whoever did would have done so under another policy too. */
  readonly hasApproval: boolean
  /** Why it was declined whatever the policy said, such as that the agent was suspended. */
  readonly standing: readonly Check[]
}

const STANDING: ReadonlySet<string> = new Set(STANDING_CHECKS)

/** Reads a decision of the log; `undefined` where nothing was to be spent, as by an intent. */
export function loggedSpendOf(kept: KeptDecision): LoggedSpend | undefined {
  const { id, atMs, purpose, action, evaluated, approval, checks } = decisionOf(kept)
  if (purpose === 'intent') return undefined
  const { amount, asset, merchant, mcc } = action
  const wasApproved = evaluated === 'APPROVE'
  return {
    decisionId: id,
    atMs,
    action: { money: moneyOf(amount, asset), merchant, mcc },
    wasApproved,
    hasApproval: wasApproved && approval !== null,
    standing: checks.filter(({ check, result }) => result === 'FAIL' && STANDING.has(check)),
  }
}

/**
 * Spends as they came. Of those of one millisecond nobody knows which came first: what was approved is put before what was
 * declined, so that a policy says again what it has said.
 */
export function inOrderOfTime(spends: readonly LoggedSpend[]): readonly LoggedSpend[] {
  return spends.toSorted((a, b) => a.atMs - b.atMs || Number(b.wasApproved) - Number(a.wasApproved))
}

/** A decision that would have been another. */
export interface ReplayedChange {
  readonly decisionId: string
  readonly atMs: number
  readonly before: 'APPROVE' | 'DECLINE'
  readonly after: 'APPROVE' | 'DECLINE'
  /** Of what would have been decided. */
  readonly reasonCode: string
}

/** What a replay has found so far. */
export interface ReplayFindings {
  readonly evaluated: number
  readonly approvedBefore: number
  readonly approvedAfter: number
  /** The earliest of them, at most {@link MAX_CHANGES}. */
  readonly changes: readonly ReplayedChange[]
  readonly changesTotal: number
}

/** Puts the spends of a period to another policy, one after the other. */
export interface Replay {
  /** The next spend, not earlier than the one before. */
  play(spend: LoggedSpend): void
  findings(): ReplayFindings
}

/** How many changes are told one by one. */
export const MAX_CHANGES = 100

/**
 * Begins with nothing spent. What it would approve is counted at the moment at which it was asked for, and in full: what
 * was committed later, or given back, the log of decisions does not say.
 */
export function createReplay(policy: SpendPolicy, calendar: Calendar): Replay {
  const budgets = new SimulatedBudgets()
  const changes: ReplayedChange[] = []
  let [evaluated, approvedBefore, approvedAfter, changesTotal] = [0, 0, 0, 0]

  return {
    play(spend) {
      const { decisionId, atMs, wasApproved } = spend
      const verdict = verdictOf(policy, spend, budgets, calendar)
      const isApproved = verdict.evaluated === 'APPROVE'
      evaluated += 1
      if (wasApproved) approvedBefore += 1
      if (isApproved) approvedAfter += 1
      if (wasApproved === isApproved) return
      changesTotal += 1
      if (changes.length === MAX_CHANGES) return
      const before = wasApproved ? 'APPROVE' : 'DECLINE'
      changes.push({ decisionId, atMs, before, after: verdict.evaluated, reasonCode: verdict.reasonCode })
    },
    findings: () => ({ evaluated, approvedBefore, approvedAfter, changes: [...changes], changesTotal }),
  }
}

// What a draft has beside what a policy says.
const BLANK = {
  id: '',
  accountId: '',
  callerAccountId: '',
  purpose: 'intent',
  wallet: null,
  instrument: null,
  agentId: null,
  mandateId: null,
  policyId: null,
  policyVersion: null,
  mode: 'enforce',
  requestDigest: '',
  approval: null,
  degraded: false,
} as const satisfies Partial<DecisionDraft>

const SCOPE = 'simulated'

/** Decides as the authorizer does: first what the policy asks, then its budgets, then the approval. */
function verdictOf(
  policy: SpendPolicy,
  spend: Pick<LoggedSpend, 'action' | 'atMs' | 'hasApproval' | 'standing'>,
  counted: SimulatedBudgets,
  calendar: Calendar,
): SimulatedVerdict {
  const { action, atMs, hasApproval, standing } = spend
  const { money, merchant, mcc } = action
  const { checks, takes, budgets, needsApproval } = evaluatePolicy(policy, action, SCOPE, atMs, calendar)
  const taken = takes.map((take) => takenOf(take, amountOf(money)))
  const sums = takes.map((take) => counted.sumOf(take))
  const fits = takes.every(({ limit }, at) => (sums[at] ?? 0n) + (taken[at] ?? 0n) <= limit)
  const asked = [...standing, ...checks]
  const passes = fits && asked.every(({ result }) => result === 'PASS')
  const isApproved = passes && (!needsApproval || hasApproval)
  if (isApproved) for (const [at, take] of takes.entries()) counted.count(take, taken[at] ?? 0n)
  const approval: Check = {
    check: 'approval',
    result: isApproved ? 'PASS' : 'FAIL',
    reasonCode: 'APPROVAL_REQUIRED',
  }
  const draft: DecisionDraft = {
    ...BLANK,
    atMs,
    checks: passes && needsApproval ? [...asked, approval] : asked,
    action: { amount: amountOf(money), asset: assetOf(money), merchant, mcc },
    budgets,
    taken,
    sums,
  }
  const outcome = isApproved ? 'approved' : 'declined'
  return concluded(draft, { outcome, exceeded: [], sums: [], reservationId: null })
}

function takenOf({ measures }: Take, amount: bigint): bigint {
  return measures === 'amount' ? amount : 1n
}
