import { Refused, refused } from '../decision.js'
import type { Gate } from '../gate.js'
import type { ApprovalAnswer } from '../spend/manager-approvals.js'
import { inspectGate } from '../wiring.js'
import { readOptionalJsonObject } from './body.js'
import type { Endpoint } from './endpoint.js'
import { type Admitted, guardedEndpoint } from './guarded-endpoint.js'
import type { ManagementDesk } from './management-desk.js'
import { pageOf } from './management-query.js'
import { approvalStatusOf, approvalViewOf } from './management-view.js'
import { readQuery } from './query.js'

const STATUSES = ['pending', 'approved', 'rejected', 'expired']

/**
 * `/v1/approvals`: what waits for somebody's word, and the word. What may not be answered any more is `body_invalid`,
 * with the reason.
 */
export function approvalEndpoints(gate: Gate, { keepers, look, work }: ManagementDesk): readonly Endpoint[] {
  const { approvals } = keepers
  const nowMs = () => inspectGate(gate).wiring.config.clock.wallMs()

  // Only statuses that are asked for are shown: a page may hold fewer than its limit, and others follow.
  async function list({ access, request }: Admitted) {
    const query = readQuery(request.target, ['spending_authority_id', 'status', 'limit', 'cursor'])
    if (query instanceof Refused) return query
    const asked = pageOf(query, 'spending_authority_id')
    if (asked instanceof Refused) return asked
    const status = query.text('status')
    if (status !== undefined && !STATUSES.includes(status)) {
      return refused('body_invalid', { problem: `status must be one of ${STATUSES.join(', ')}` })
    }
    const page = await look((options) => approvals.list(access.principal.accountId, asked, options))
    if (page instanceof Refused) return page
    const atMs = nowMs()
    const wanted = page.values.filter(
      (approval) => status === undefined || approvalStatusOf(approval, atMs) === status,
    )
    return { approvals: wanted.map((approval) => approvalViewOf(approval, atMs)), next_cursor: page.next }
  }

  async function read({ access, params }: Admitted) {
    const id = params.approval_id ?? ''
    const found = await look((options) => approvals.read(access.principal.accountId, id, options))
    return found instanceof Refused ? found : approvalViewOf(found, nowMs())
  }

  const answer = (answered: ApprovalAnswer) => async (admitted: Admitted) => {
    const { access, request, body, params } = admitted
    const members = await readOptionalJsonObject(request, body, [])
    if (members instanceof Refused) return members
    const { accountId, credentialId } = access.principal
    const id = params.approval_id ?? ''
    const by = { accountId, credentialId }
    const told = await work({}, (job) => approvals.answer(accountId, id, answered, by, job))
    return told instanceof Refused ? told : approvalViewOf(told, nowMs())
  }

  return [
    guardedEndpoint(gate, 'GET', '/v1/approvals', list),
    guardedEndpoint(gate, 'GET', '/v1/approvals/:approval_id', read),
    guardedEndpoint(gate, 'POST', '/v1/approvals/:approval_id/approve', answer('approved')),
    guardedEndpoint(gate, 'POST', '/v1/approvals/:approval_id/reject', answer('rejected')),
  ]
}
