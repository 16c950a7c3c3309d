import type { Span, Take } from '../../ports/spend-store.js'

/** What was counted of a budget at one moment. */
interface Step {
  readonly atMs: number
  sum: bigint
  /** False once its moment was forgotten: what is given back then is of no account. */
  isKept: boolean
}

/** Where a take was counted. */
export interface Counted {
  readonly key: string
  readonly step: Step
}

interface Budget {
  /** By their moments. None of them is empty. */
  readonly steps: Step[]
  total: bigint
}

/** What is counted, by budget and moment. */
export interface Budgets {
  sumOf(span: Span): bigint
  count(take: Take, by: bigint): Counted
  giveBack(counted: Counted, by: bigint): void
}

/** Budgets in one process. Moments are forgotten when their budget is counted in. */
export function createBudgets(): Budgets {
  const budgets = new Map<string, Budget>()

  function forgetBefore(budget: Budget, keepFromMs: number): void {
    const forgotten = budget.steps.splice(0, indexOf(budget.steps, keepFromMs))
    for (const step of forgotten) {
      step.isKept = false
      budget.total -= step.sum
    }
  }

  return {
    sumOf({ key, fromMs, toMs }) {
      const budget = budgets.get(key)
      if (budget === undefined) return 0n
      const { steps, total } = budget
      const [from, to] = [indexOf(steps, fromMs), indexOf(steps, toMs + 1)]
      // Whichever is less to add up: what is within the span, or what is not.
      return to - from <= steps.length / 2
        ? sumOfSteps(steps, from, to)
        : total - sumOfSteps(steps, 0, from) - sumOfSteps(steps, to, steps.length)
    },
    count({ key, atMs, keepFromMs }, by) {
      const budget = budgets.get(key) ?? { steps: [], total: 0n }
      budgets.set(key, budget)
      forgetBefore(budget, keepFromMs)
      const at = indexOf(budget.steps, atMs)
      let step = budget.steps[at]
      if (step?.atMs !== atMs) {
        step = { atMs, sum: 0n, isKept: true }
        budget.steps.splice(at, 0, step)
      }
      step.sum += by
      budget.total += by
      return { key, step }
    },
    giveBack({ key, step }, by) {
      const budget = budgets.get(key)
      if (!step.isKept || budget === undefined) return
      step.sum -= by
      budget.total -= by
      // Everything that is counted is at least one: nobody else stands in an empty step.
      if (step.sum === 0n) budget.steps.splice(indexOf(budget.steps, step.atMs), 1)
      if (budget.steps.length === 0) budgets.delete(key)
    },
  }
}

function sumOfSteps(steps: readonly Step[], from: number, to: number): bigint {
  let sum = 0n
  for (let at = from; at < to; at++) sum += steps[at]?.sum ?? 0n
  return sum
}

/** Where the first step of this moment or a later one is. */
function indexOf(steps: readonly Step[], atMs: number): number {
  let [from, to] = [0, steps.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((steps[middle]?.atMs ?? Number.POSITIVE_INFINITY) >= atMs) to = middle
    else from = middle + 1
  }
  return from
}
