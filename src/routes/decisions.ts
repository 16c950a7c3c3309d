import { Refused, refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { decisionOf } from '../spend/decision-view.js'
import { isRecordId } from '../spend/manager-fields.js'
import { requireSpending } from '../spend/requirement.js'
import { attempt } from '../stages/attempt.js'
import { inspectGate } from '../wiring.js'
import { explainedDecisionOf } from './decisions-explained.js'
import { readDecisionQuery } from './decisions-query.js'
import { decisionViewOf } from './decisions-view.js'
import type { Endpoint } from './endpoint.js'
import { type Admitted, guardedEndpoint } from './guarded-endpoint.js'

const NOT_FOUND = refused('not_found', {})

/**
 * `GET /v1/decisions` and `GET /v1/decisions/:decision_id`: what was decided under an account's spending authorities,
 * and why. Another account's decisions do not exist.
 *
 * @param enterprises - Lets in who may read them.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending.
 */
export function decisions(enterprises: Gate): readonly Endpoint[] {
  const { wiring } = inspectGate(enterprises)
  const { portTimeoutMs } = wiring.config
  const store = requireSpending(wiring).store

  async function list({ access, request }: Admitted): Promise<object | Refused> {
    const query = readDecisionQuery(request.target)
    if (query instanceof Refused) return query
    const { accountId } = access.principal
    return attempt('store', portTimeoutMs, async (call) => {
      const page = await store.listDecisions({ ...query, accountId }, call)
      return {
        decisions: page.decisions.map((kept) => decisionViewOf(decisionOf(kept))),
        next_cursor: page.next,
      }
    })
  }

  async function find({ access, params }: Admitted): Promise<object | Refused> {
    const id = params.decision_id ?? ''
    if (!isRecordId(id)) return NOT_FOUND
    const { accountId } = access.principal
    const found = await attempt('store', portTimeoutMs, async (call) => {
      const kept = await store.readDecision(id, call)
      return kept?.accountId === accountId ? explainedDecisionOf(decisionOf(kept)) : undefined
    })
    return found ?? NOT_FOUND
  }

  return [
    guardedEndpoint(enterprises, 'GET', '/v1/decisions', list),
    guardedEndpoint(enterprises, 'GET', '/v1/decisions/:decision_id', find),
  ]
}
