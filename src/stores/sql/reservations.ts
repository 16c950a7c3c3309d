import { sql } from 'kysely'
import type { LedgerEvent, NewReservation, Reservation, Settlement } from '../../ports/spend-store.js'
import type { Step, Tables } from './database.js'
import { type LedgerTime, milliseconds } from './ledger-time.js'
import { endOf, isOverdue, type ReadReservation, standingOf } from './reservation-row.js'
import type { ReservationTable } from './spend-schema.js'
import { storable } from './text.js'
import type { Write } from './together.js'

/** What a reservation is made, or made anew, by. */
export interface Making {
  readonly reservation: NewReservation
  readonly decisionId: string
  readonly state: 'held' | 'declined'
}

/**
 * Puts a new reservation in, where there is none of its id. A step that puts the same one in at the same time is waited
 * for.
 */
export async function insertReservation(
  db: Step,
  making: Making,
  time: LedgerTime,
): Promise<ReservationTable | undefined> {
  return db
    .insertInto('sallyport_reservation')
    .values({ id: storable(making.reservation.id), events: 1, ...madeOf(making, time) })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst()
}

/** Makes a reservation anew, and locks it. Nothing where something has become of it since it was read. */
export async function renewReservation(
  db: Step,
  known: ReadReservation,
  making: Making,
  time: LedgerTime,
): Promise<ReservationTable | undefined> {
  return db
    .updateTable('sallyport_reservation')
    .set((expression) => ({ ...madeOf(making, time), events: expression('events', '+', 1) }))
    .where('id', '=', known.id)
    .where('events', '=', known.events)
    .returningAll()
    .executeTakeFirst()
}

function madeOf({ reservation, decisionId, state }: Making, time: LedgerTime) {
  const now = time()
  return {
    account_id: storable(reservation.accountId),
    fingerprint: storable(reservation.fingerprint),
    decision_id: storable(decisionId),
    state,
    amount: String(reservation.amount),
    committed: null,
    on_expiry: reservation.onExpiry,
    created_at_ms: now,
    expires_at_ms: sql<number>`${now} + ${milliseconds(reservation.ttlMs)}`,
    settled_at_ms: null,
    expired: 0,
  }
}

/** The statement that declines what was to be held. */
export function decliningOf(db: Step, { id }: ReservationTable): Write {
  return db.updateTable('sallyport_reservation').set({ state: 'declined' }).where('id', '=', id)
}

/** The statement that adds a row to the trail of a reservation: the one that its last change counts. */
export function trailOf(
  db: Step,
  rows: readonly (LedgerEvent & { readonly of: Pick<ReservationTable, 'id' | 'events'> })[],
): Write {
  return db.insertInto('sallyport_ledger').values(
    rows.map(({ of, event, atMs, amount }) => ({
      reservation_id: of.id,
      place: of.events,
      event,
      at_ms: atMs,
      amount: String(amount),
    })),
  )
}

/** A reservation by its id. */
export async function readReservation(
  db: Tables,
  id: string,
  time: LedgerTime,
): Promise<ReadReservation | undefined> {
  return db
    .selectFrom('sallyport_reservation')
    .selectAll()
    .select(time().as('now_ms'))
    .where('id', '=', storable(id))
    .executeTakeFirst()
}

/** A reservation and its trail: one statement, so that they belong together. */
export async function readTrail(
  db: Tables,
  id: string,
  time: LedgerTime,
): Promise<{ readonly reservation: Reservation; readonly trail: readonly LedgerEvent[] } | undefined> {
  const rows = await db
    .selectFrom('sallyport_reservation as reservation')
    .innerJoin('sallyport_ledger as trail', 'trail.reservation_id', 'reservation.id')
    .selectAll('reservation')
    .select([time().as('now_ms'), 'trail.event', 'trail.at_ms', 'trail.amount as event_amount'])
    .where('reservation.id', '=', storable(id))
    .orderBy('trail.place')
    .execute()
  const [row] = rows
  if (row === undefined) return undefined
  const reservation = standingOf(row)
  const written = rows.map(
    ({ event, at_ms, event_amount }): LedgerEvent => ({
      event: event as LedgerEvent['event'],
      atMs: at_ms,
      amount: BigInt(event_amount),
    }),
  )
  return { reservation, trail: isOverdue(row) ? [...written, endOf(reservation)] : written }
}

/** Ends what is held, and locks it. Nothing where it is not held, was made by another decision, or its time is over. */
export async function endReservation(
  db: Step,
  { id, as, amount, decisionId }: Settlement,
  time: LedgerTime,
): Promise<ReservationTable | undefined> {
  const now = time()
  return db
    .updateTable('sallyport_reservation')
    .set((expression) => ({
      ...(as === 'commit'
        ? {
            state: 'committed',
            committed: amount === undefined ? expression.ref('amount') : String(amount),
          }
        : { state: 'released' }),
      settled_at_ms: now,
      events: expression('events', '+', 1),
    }))
    .where('id', '=', storable(id))
    .where('state', '=', 'held')
    .where('expires_at_ms', '>', now)
    .$if(decisionId !== undefined, (query) => query.where('decision_id', '=', storable(decisionId ?? '')))
    .returningAll()
    .executeTakeFirst()
}

/** Writes down that a reservation has expired, and locks it. Nothing where it is not held beyond its time. */
export async function expireReservation(
  db: Step,
  storedId: string,
  time: LedgerTime,
): Promise<ReservationTable | undefined> {
  return db
    .updateTable('sallyport_reservation')
    .set((expression) => ({
      state: sql<string>`case on_expiry when 'commit' then 'committed' else 'released' end`,
      committed: sql<string | null>`case on_expiry when 'commit' then amount else null end`,
      settled_at_ms: expression.ref('expires_at_ms'),
      expired: 1,
      events: expression('events', '+', 1),
    }))
    .where('id', '=', storedId)
    .where('state', '=', 'held')
    .where('expires_at_ms', '<=', time())
    .returningAll()
    .executeTakeFirst()
}

/** The stored ids of what is held beyond its time, the longest overdue first. */
export async function overdueReservations(
  db: Tables,
  limit: number,
  time: LedgerTime,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('sallyport_reservation')
    .select('id')
    // Written out: only then is it seen that the index has them all.
    .where('state', '=', sql.lit('held'))
    .where('expires_at_ms', '<=', time())
    .orderBy('expires_at_ms')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** The stored ids of what is held of some budgets beyond its time and is to be given back, the longest overdue first. */
export async function overdueOn(
  db: Tables,
  keys: readonly string[],
  limit: number,
  time: LedgerTime,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('sallyport_hold')
    .select('reservation_id')
    .where('budget_key', 'in', keys.map(storable))
    .where('frees_at_ms', '<=', time())
    .orderBy('frees_at_ms')
    .limit(limit)
    .execute()
  return [...new Set(rows.map(({ reservation_id }) => reservation_id))]
}
