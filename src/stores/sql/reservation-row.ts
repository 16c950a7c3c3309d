import type { LedgerEvent, Reservation, ReservationState } from '../../ports/spend-store.js'
import type { ReservationTable } from './spend-schema.js'
import { readable } from './text.js'

/** A row that was read, and when that was by the store's time. */
export type ReadReservation = ReservationTable & { readonly now_ms: number }

/** A reservation as its row says. */
export function reservationOf(row: ReservationTable): Reservation {
  return {
    id: readable(row.id),
    accountId: readable(row.account_id),
    fingerprint: readable(row.fingerprint),
    decisionId: readable(row.decision_id),
    state: row.state as ReservationState,
    amount: BigInt(row.amount),
    committed: row.committed === null ? null : BigInt(row.committed),
    onExpiry: row.on_expiry as Reservation['onExpiry'],
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    settledAtMs: row.settled_at_ms,
    expired: row.expired === 1,
  }
}

/** Whether it is held beyond its time. */
export function isOverdue(row: ReadReservation): boolean {
  return row.state === 'held' && row.expires_at_ms <= row.now_ms
}

/** A reservation as it stands: what is held beyond its time has expired, whether or not that is written down. */
export function standingOf(row: ReadReservation): Reservation {
  const written = reservationOf(row)
  if (!isOverdue(row)) return written
  const end =
    written.onExpiry === 'commit'
      ? ({ state: 'committed', committed: written.amount } as const)
      : ({ state: 'released', committed: null } as const)
  return { ...written, ...end, settledAtMs: written.expiresAtMs, expired: true }
}

/** The row of the trail that says how a reservation has ended. */
export function endOf({ state, expired, amount, committed, settledAtMs }: Reservation): LedgerEvent {
  const atMs = settledAtMs ?? Number.NaN
  if (expired) return { event: 'expire', atMs, amount: committed ?? 0n }
  return state === 'committed'
    ? { event: 'commit', atMs, amount: committed ?? 0n }
    : { event: 'release', atMs, amount }
}
