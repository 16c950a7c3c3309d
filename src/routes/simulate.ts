import { runLater } from '../deadline.js'
import { Refused } from '../decision.js'
import type { Gate } from '../gate.js'
import type { DecisionPage, DecisionQuery } from '../ports/spend-store.js'
import { loadCalendar } from '../spend/calendar.js'
import type { Action } from '../spend/evaluate.js'
import type { FieldProblem } from '../spend/field-problem.js'
import type { SpendPolicy } from '../spend/policy.js'
import { policyVersionOf } from '../spend/policy-version.js'
import { requireSpending } from '../spend/requirement.js'
import {
  createReplay,
  inOrderOfTime,
  type LoggedSpend,
  loggedSpendOf,
  type ReplayFindings,
  simulateSpend,
} from '../spend/simulate.js'
import { inspectGate } from '../wiring.js'
import { timestampOf } from './decisions-amount.js'
import { budgetViewOf } from './decisions-budget.js'
import type { Endpoint } from './endpoint.js'
import { type Admitted, guardedEndpoint } from './guarded-endpoint.js'
import { createManagementDesk } from './management-desk.js'
import { type AskedPeriod, readSimulation } from './management-simulation.js'
import { bodyRefusal } from './management-wire.js'

/** How many decisions are replayed at most: the latest. */
const MAX_REPLAYED = 10_000
const PAGE_LIMIT = 1_000
// How many are read or decided in one go: nobody else of this process is served meanwhile.
const AT_ONCE = 100

/**
 * `POST /v1/simulate`: what a policy says to one spend, nothing having been spent before; or what it would have said to
 * what was decided under a spending authority in a period. Nothing is held, counted or logged.
 *
 * @param enterprises - Lets in who manages.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending.
 */
export function simulateEndpoints(enterprises: Gate): readonly Endpoint[] {
  const { wiring } = inspectGate(enterprises)
  const { clock } = wiring.config
  const store = requireSpending(wiring).store
  const { keepers, look } = createManagementDesk(wiring)

  async function simulate(admitted: Admitted): Promise<object | Refused> {
    const asked = await readSimulation(admitted, clock.wallMs())
    if (asked instanceof Refused) return asked
    const { accountId } = admitted.access.principal
    const policy = await policyOf(accountId, asked.policy)
    if (policy instanceof Refused) return policy
    return 'money' in asked.of ? verdictOn(policy, asked.of) : replayOf(policy, accountId, asked.of)
  }

  async function policyOf(accountId: string, asked: SpendPolicy | string): Promise<SpendPolicy | Refused> {
    if (typeof asked !== 'string') return asked
    const found = await look((options) => keepers.policies.read(accountId, asked, options))
    if (!(found instanceof Refused)) return found.policy
    return unknownWhere(found, { path: 'policy_id', problem: 'names no policy of this account' })
  }

  async function verdictOn(policy: SpendPolicy, action: Action): Promise<object> {
    const verdict = simulateSpend(policy, action, clock.wallMs(), await loadCalendar())
    return {
      decision: verdict.evaluated,
      reason_code: verdict.reasonCode,
      policy_version: policyVersionOf(policy),
      checks: verdict.checks.map(({ check, result, reasonCode, detail }) => ({
        check,
        result,
        ...(result === 'FAIL' && { reason_code: reasonCode }),
        ...(detail !== undefined && { detail }),
      })),
      budgets: verdict.budgets.map(budgetViewOf),
    }
  }

  async function replayOf(
    policy: SpendPolicy,
    accountId: string,
    period: AskedPeriod,
  ): Promise<object | Refused> {
    const { mandateId } = period
    const mandate = await look((options) => keepers.mandates.read(accountId, mandateId, options))
    if (mandate instanceof Refused) {
      const problem = 'names no spending authority of this account'
      return unknownWhere(mandate, { path: 'spending_authority_id', problem })
    }
    const log = await readLog(accountId, period)
    if (log instanceof Refused) return log
    const replay = createReplay(policy, await loadCalendar())
    await forEachInTurns(inOrderOfTime(log.spends), (spend) => replay.play(spend))
    return {
      policy_version: policyVersionOf(policy),
      since: timestampOf(period.sinceMs),
      until: timestampOf(period.untilMs),
      truncated: log.isTruncated,
      ...findingsViewOf(replay.findings()),
    }
  }

  /** What was decided in a period, the latest first. */
  async function readLog(accountId: string, { mandateId, sinceMs, untilMs }: AskedPeriod) {
    const spends: LoggedSpend[] = []
    let after: string | null = null
    for (let count = 0; count < MAX_REPLAYED; count += PAGE_LIMIT) {
      const query: DecisionQuery = { accountId, mandateId, sinceMs, untilMs, limit: PAGE_LIMIT }
      const behind: DecisionQuery = after === null ? query : { ...query, after }
      const page: DecisionPage | Refused = await look(async (options) => store.listDecisions(behind, options))
      if (page instanceof Refused) return page
      await forEachInTurns(page.decisions, (kept) => {
        const spend = loggedSpendOf(kept)
        if (spend !== undefined) spends.push(spend)
      })
      after = page.next
      if (after === null) break
    }
    return { spends, isTruncated: after !== null }
  }

  return [guardedEndpoint(enterprises, 'POST', '/v1/simulate', simulate)]
}

function findingsViewOf(findings: ReplayFindings): object {
  return {
    evaluated: findings.evaluated,
    approved_before: findings.approvedBefore,
    approved_after: findings.approvedAfter,
    changes_total: findings.changesTotal,
    changes: findings.changes.map(({ decisionId, atMs, before, after, reasonCode }) => ({
      decision_id: decisionId,
      at: timestampOf(atMs),
      before,
      after,
      reason_code: reasonCode,
    })),
  }
}

// What a body names and is not there is a mistake of the body's.
function unknownWhere(refusal: Refused, problem: FieldProblem): Refused {
  return refusal.reason.code === 'not_found' ? bodyRefusal([problem], {}) : refusal
}

/** Does something with each, and lets others be served in between. */
async function forEachInTurns<T>(values: readonly T[], work: (value: T) => void): Promise<void> {
  for (const [at, value] of values.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await new Promise<void>((resolve) => runLater(0, resolve))
    work(value)
  }
}
