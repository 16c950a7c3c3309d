import { Refused, refused } from '../decision.js'
import type { Reservation, SpendStore } from '../ports/spend-store.js'
import { attempt } from '../stages/attempt.js'
import { decisionOf } from './decision-view.js'

/** How a reservation is to end. */
export interface Ending {
  readonly as: 'commit' | 'release'
  /** Less than what is reserved. Default all. */
  readonly amount?: bigint
}

/** Ends what was authorized. */
export interface Settler {
  /** Of whoever made it; what others made does not exist. Twice the same is the same. */
  settle(accountId: string, id: string, ending: Ending): Promise<Reservation | Refused>
}

const NOT_FOUND = refused('not_found', {})

/** @param timeoutMs - How long the store may take. */
export function createSettler(store: SpendStore, timeoutMs: number): Settler {
  async function declined(reservation: Reservation): Promise<Reservation | Refused> {
    const kept = await attempt('store', timeoutMs, (call) => store.readDecision(reservation.decisionId, call))
    if (kept instanceof Refused) return kept
    // What `observe` would have declined went through all the same, and nothing is held for it.
    return kept !== undefined && decisionOf(kept).mode === 'observe' ? reservation : NOT_FOUND
  }

  return {
    async settle(accountId, id, ending) {
      const { amount } = ending
      const found = await attempt('store', timeoutMs, (call) => store.readReservation(id, call))
      if (found instanceof Refused) return found
      if (found?.reservation.accountId !== accountId) return NOT_FOUND
      const { reservation } = found
      if (reservation.state === 'declined') return declined(reservation)
      if (amount !== undefined && amount > reservation.amount) {
        return refused('reservation_exceeded', { reserved: String(reservation.amount) })
      }
      const settled = await attempt('store', timeoutMs, (call) => store.settle({ id, ...ending }, call))
      if (settled instanceof Refused) return settled
      if (settled === undefined) return NOT_FOUND
      return settled.isNew || isSame(settled.reservation, ending)
        ? settled.reservation
        : conflictOf(settled.reservation)
    },
  }
}

// What was ended by whoever asks, in the same way: the answer to the first may have been lost.
function isSame(
  { state, expired, committed, amount: reserved }: Reservation,
  { as, amount }: Ending,
): boolean {
  if (expired) return false
  return as === 'release' ? state === 'released' : state === 'committed' && committed === (amount ?? reserved)
}

function conflictOf({ id, state, expired }: Reservation): Refused {
  if (state === 'committed') return refused('already_committed', { reservationId: id })
  return refused(expired ? 'reservation_expired' : 'reservation_released', { reservationId: id })
}
