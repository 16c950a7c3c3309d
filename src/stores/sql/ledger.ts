import type { CallOptions } from '../../ports/call-options.js'
import type { Settled, Settlement, SpendStore } from '../../ports/spend-store.js'
import type { Database, Step } from './database.js'
import { concludeHolds } from './holds.js'
import type { LedgerTime } from './ledger-time.js'
import { reservationOf, standingOf } from './reservation-row.js'
import {
  endReservation,
  expireReservation,
  overdueReservations,
  readReservation,
  readTrail,
} from './reservations.js'
import { createReserve } from './reserve.js'
import type { ReservationTable } from './spend-schema.js'
import { countWithin } from './tallies.js'
import { storable } from './text.js'

type LedgerVerbs = Pick<
  SpendStore,
  'reserve' | 'settle' | 'readReservation' | 'expireReservations' | 'readSums'
>

/** What is held and counted. */
export interface Ledger extends LedgerVerbs {
  /**
   * Writes down what has expired.
   *
   * @returns Whether there may be more.
   */
  expireSome(): Promise<boolean>
}

const EXPIRED_IN_ONE_STEP = 50
const EXPIRED_AT_ONCE = 500

/** @param remind - Called when something was reserved or ended. */
export function createLedger(database: Database, time: LedgerTime, remind: () => void): Ledger {
  async function expire(storedIds: readonly string[], options?: CallOptions): Promise<number> {
    let expired = 0
    for (let at = 0; at < storedIds.length; at += EXPIRED_IN_ONE_STEP) {
      const some = storedIds.slice(at, at + EXPIRED_IN_ONE_STEP)
      expired += (await database.step((db) => expireWithin(db, some, time), options)).length
    }
    return expired
  }

  async function expireReservations(limit: number, options?: CallOptions): Promise<number> {
    const ids = await database.ask((db) => overdueReservations(db, limit, time), options)
    return expire(ids, options)
  }

  const reserve = createReserve({ database, time, expire })

  return {
    async reserve(decision, reservation, options) {
      const reserved = await reserve(decision, reservation, options)
      remind()
      return reserved
    },
    async settle(settlement, options) {
      for (;;) {
        const settled = await database.step((db) => settleWithin(db, settlement, time), options)
        remind()
        if (settled !== 'overtaken') return settled
        options.signal.throwIfAborted()
      }
    },
    async readReservation(id, options) {
      if (typeof id !== 'string') return undefined
      return database.ask((db) => readTrail(db, id, time), options)
    },
    expireReservations,
    async readSums(spans, options) {
      const counted = await database.ask((db) => countWithin(db, spans, time()), options)
      return counted.map(({ sum, overdue }) => sum - overdue)
    },
    expireSome: async () => (await expireReservations(EXPIRED_AT_ONCE)) === EXPIRED_AT_ONCE,
  }
}

/** `overtaken`: something has become of it between two looks at it. */
async function settleWithin(
  db: Step,
  settlement: Settlement,
  time: LedgerTime,
): Promise<Settled | 'overtaken' | undefined> {
  const ended = await endReservation(db, settlement, time)
  if (ended !== undefined) {
    checkAmount(settlement, ended)
    await concludeHolds(db, [ended])
    return { isNew: true, reservation: reservationOf(ended) }
  }
  const known = await readReservation(db, settlement.id, time)
  if (known === undefined) return undefined
  checkAmount(settlement, known)
  const { decisionId } = settlement
  const isMeant = decisionId === undefined || storable(decisionId) === known.decision_id
  if (!isMeant) return { isNew: false, reservation: standingOf(known) }
  if (known.state === 'held' && (await expireWithin(db, [known.id], time)).length === 0) return 'overtaken'
  return { isNew: false, reservation: standingOf(known) }
}

/** Thrown within the step, it undoes what the step has done. */
function checkAmount({ amount = 0n }: Settlement, row: ReservationTable): void {
  if (amount < 0n || amount > BigInt(row.amount)) {
    throw new RangeError('what is committed must be 0 to what is reserved')
  }
}

// One after the other in the order of their ids: steps that expire the same wait for one another in that order.
async function expireWithin(
  db: Step,
  storedIds: readonly string[],
  time: LedgerTime,
): Promise<readonly ReservationTable[]> {
  const expired: ReservationTable[] = []
  for (const id of [...storedIds].sort()) {
    const row = await expireReservation(db, id, time)
    if (row !== undefined) expired.push(row)
  }
  await concludeHolds(db, expired)
  return expired
}
