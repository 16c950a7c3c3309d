import { type Refused, refused } from '../decision.js'
import { type GateResponse, toResponse } from '../response.js'
import type { Wiring } from '../wiring.js'
import type { SpendOutcome } from './authorizer.js'
import type { SpendDecision } from './decision-view.js'

const IN_PROGRESS = refused('idempotency_in_progress', {})
const CONFLICT = refused('idempotency_conflict', {})

/** What a caller is told of a spend that was declined. It is the decision itself, of which the host has heard already. */
export function renderDeclined(
  { id: decisionId, reasonCode, approval }: SpendDecision,
  { config: { realm } }: Wiring,
): GateResponse {
  const spendDecisionId = decisionId
  const { reason } =
    reasonCode === 'APPROVAL_REQUIRED' && approval !== null
      ? refused('approval_required', {
          approvalId: approval.id,
          approveByMs: approval.expiresAtMs,
          spendDecisionId,
        })
      : refused('spend_denied', { reasonCode, spendDecisionId })
  return toResponse({ type: 'refuse', ...reason, decisionId, realm })
}

/** Why a request does not run whose key was used before; `undefined` where it was not. */
export function refuseRepeated(
  { isNew, reservation }: SpendOutcome,
  requestDigest: string,
): Refused | undefined {
  if (isNew || reservation === null) return undefined
  const { id, fingerprint, state } = reservation
  if (fingerprint !== requestDigest) return CONFLICT
  return state === 'committed' ? refused('already_committed', { reservationId: id }) : IN_PROGRESS
}
