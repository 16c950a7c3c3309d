import type { LedgerEvent, Reservation, ReservationState } from '../ports/spend-store.js'
import type { Ending } from '../spend/settler.js'
import type { Authorization } from './authorizations-reader.js'
import { timestampOf, wireAmountOf, wireAssetOf } from './decisions-amount.js'

// What `observe` let through although the policy says no is authorized all the same.
const STATUSES: Readonly<Record<ReservationState, string>> = {
  held: 'authorized',
  committed: 'captured',
  released: 'voided',
  declined: 'authorized',
}

const EVENTS: Readonly<Record<LedgerEvent['event'], string>> = {
  reserve: 'authorized',
  decline: 'authorized',
  commit: 'captured',
  release: 'voided',
  expire: 'expired',
}

/** What has become of an authorization that was captured or voided. */
export function settledViewOf(reservation: Reservation, { as, amount }: Ending): object {
  const isHeld = reservation.state !== 'declined'
  const asked = as === 'commit' ? (amount ?? reservation.amount) : 0n
  return {
    authorization_id: reservation.id,
    status: as === 'commit' ? 'captured' : 'voided',
    ...unheld(isHeld),
    authorized_amount: wireAmountOf(reservation.amount),
    captured_amount: wireAmountOf(isHeld ? (reservation.committed ?? 0n) : asked),
    settled_at: timestampOf(reservation.settledAtMs),
  }
}

/** An authorization as it stands, with its trail. */
export function authorizationStateOf({ reservation, decision, trail }: Authorization): object {
  const { id, state, expired, amount, committed } = reservation
  const isHeld = state !== 'declined'
  return {
    authorization_id: id,
    status: expired ? 'expired' : STATUSES[state],
    ...unheld(isHeld),
    decision_id: reservation.decisionId,
    authorized_amount: wireAmountOf(amount),
    captured_amount: wireAmountOf(committed ?? 0n),
    ...(decision && wireAssetOf(decision.action.asset)),
    created_at: timestampOf(reservation.createdAtMs),
    expires_at: isHeld ? timestampOf(reservation.expiresAtMs) : null,
    settled_at: timestampOf(reservation.settledAtMs),
    trail: trail.map((row) => ({
      event: EVENTS[row.event],
      amount: wireAmountOf(row.amount),
      at: timestampOf(row.atMs),
    })),
  }
}

function unheld(isHeld: boolean): object {
  return isHeld ? {} : { held: false }
}
