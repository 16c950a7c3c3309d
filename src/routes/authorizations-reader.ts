import { Refused, refused } from '../decision.js'
import type { LedgerEvent, Reservation } from '../ports/spend-store.js'
import { decisionOf, type SpendDecision } from '../spend/decision-view.js'
import { requireSpending } from '../spend/requirement.js'
import { attempt } from '../stages/attempt.js'
import type { Wiring } from '../wiring.js'

/** An authorization, the decision it was made by, and its trail, the earliest first. */
export interface Authorization {
  readonly reservation: Reservation
  /** `undefined` where the store has forgotten it. */
  readonly decision: SpendDecision | undefined
  readonly trail: readonly LedgerEvent[]
}

/** Reads what an account was granted. What it was denied, or another was granted, does not exist. */
export type AuthorizationReader = (accountId: string, id: string) => Promise<Authorization | Refused>

const NOT_FOUND = refused('not_found', {})

/**
 * A reader over a gate's store.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where it keeps no spending.
 */
export function createAuthorizationReader(wiring: Wiring): AuthorizationReader {
  const { portTimeoutMs } = wiring.config
  const store = requireSpending(wiring).store
  return async (accountId, id) => {
    const found = await attempt('store', portTimeoutMs, (call) => store.readReservation(id, call))
    if (found instanceof Refused) return found
    if (found?.reservation.accountId !== accountId) return NOT_FOUND
    const { reservation, trail } = found
    const decision = await attempt('store', portTimeoutMs, async (call) => {
      const kept = await store.readDecision(reservation.decisionId, call)
      return kept && decisionOf(kept)
    })
    if (decision instanceof Refused) return decision
    const isGranted = reservation.state !== 'declined' || decision?.mode === 'observe'
    return isGranted ? { reservation, decision, trail } : NOT_FOUND
  }
}
