import type { Selectable } from 'kysely'
import type { NewReservation, Take } from '../../ports/spend-store.js'
import type { Step } from './database.js'
import { endOf, reservationOf } from './reservation-row.js'
import { trailOf } from './reservations.js'
import { wholeNumber } from './schema.js'
import type { HoldTable, ReservationTable } from './spend-schema.js'
import { amountOf, countingOf, halvesOf, type Share } from './tallies.js'
import { readable, storable } from './text.js'
import { type Write, writeTogether } from './together.js'

type HoldRow = Selectable<HoldTable>

/** How much a take counts. */
export function takenBy({ measures }: Take, { amount }: NewReservation): bigint {
  return measures === 'amount' ? amount : 1n
}

/** What a reservation counts of each budget. */
export function sharesOf(reservation: NewReservation): Share[] {
  return reservation.takes.map((take) => ({
    budgetKey: take.key,
    atMs: take.atMs,
    amount: takenBy(take, reservation),
  }))
}

/** The statement that remembers what may yet be given back; none where nothing may. */
export function holdingOf(db: Step, reservation: NewReservation, made: ReservationTable): Write[] {
  const rows = reservation.takes
    .filter(({ measures }) => measures !== 'use')
    .map((take) => ({
      reservation_id: made.id,
      budget_key: storable(take.key),
      at_ms: take.atMs,
      measures: take.measures,
      ...halvesOf(takenBy(take, reservation)),
      frees_at_ms: reservation.onExpiry === 'release' ? made.expires_at_ms : null,
    }))
  return rows.length === 0 ? [] : [db.insertInto('sallyport_hold').values(rows)]
}

/** Gives back what ended reservations need no more, and tells of their ends. */
export async function concludeHolds(db: Step, ended: readonly ReservationTable[]): Promise<void> {
  if (ended.length === 0) return
  const byId = new Map(ended.map((row) => [row.id, row]))
  const holds = await db
    .deleteFrom('sallyport_hold')
    .where('reservation_id', 'in', [...byId.keys()])
    .returningAll()
    .execute()
  const returned = holds.flatMap((hold) => {
    const row = byId.get(hold.reservation_id)
    return row === undefined ? [] : { ...momentOf(hold), amount: -returnedOf(hold, row) }
  })
  const ends = ended.map((row) => ({ of: row, ...endOf(reservationOf(row)) }))
  await writeTogether(db, [...countingOf(db, returned), trailOf(db, ends)])
}

function returnedOf(
  { measures, high, low }: HoldRow,
  { state, amount, committed }: ReservationTable,
): bigint {
  if (state === 'released') return amountOf(wholeNumber(high), wholeNumber(low))
  return measures === 'amount' ? BigInt(amount) - BigInt(committed ?? amount) : 0n
}

function momentOf({ budget_key, at_ms }: HoldRow): Omit<Share, 'amount'> {
  return { budgetKey: readable(budget_key), atMs: at_ms }
}
