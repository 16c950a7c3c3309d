import type { CallOptions } from '../../ports/call-options.js'
import type {
  KeptDecision,
  NewDecision,
  NewReservation,
  Reserved,
  SpendStore,
} from '../../ports/spend-store.js'
import type { Database, Step, Tables } from './database.js'
import { asDecided, decisionRowOf, findDecision, keptOf } from './decisions.js'
import { holdingOf, sharesOf, takenBy } from './holds.js'
import { type LedgerTime, milliseconds } from './ledger-time.js'
import { isOverdue, type ReadReservation, reservationOf, standingOf } from './reservation-row.js'
import {
  decliningOf,
  insertReservation,
  overdueOn,
  readReservation,
  renewReservation,
  trailOf,
} from './reservations.js'
import type { ReservationTable } from './spend-schema.js'
import {
  type Counted,
  checkCountable,
  countingOf,
  countWithin,
  forgettingOf,
  lockBudgets,
} from './tallies.js'
import { type Write, writeTogether } from './together.js'

/** What reserving needs. */
export interface ReserveParts {
  readonly database: Database
  readonly time: LedgerTime
  /** Writes down the expiry of what is held beyond its time, in steps of its own. */
  readonly expire: (storedIds: readonly string[], options: CallOptions) => Promise<number>
}

/** Undoes a step that has to be begun anew, once the expiry of these is written down. */
class Obstructed extends Error {
  readonly by: readonly string[]

  constructor(by: readonly string[]) {
    super('what is held beyond its time is in the way')
    this.by = by
  }
}

// Enough that few rounds are needed, and few enough that a round is short.
const EXPIRED_AT_ONCE = 100
const MAX_ROUNDS = 100

/**
 * Decides and takes in one step: first the reservation's own row is locked, then its budgets in the order of their keys,
 * then their moments; everybody keeps to that order.
 */
export function createReserve({ database, time, expire }: ReserveParts): SpendStore['reserve'] {
  async function makeOrAnswer(db: Step, decision: NewDecision, wanted: NewReservation): Promise<Reserved> {
    const state = decision.outcome === 'approved' || wanted.holdsAnyway ? 'held' : 'declined'
    const making = { reservation: wanted, decisionId: decision.id, state } as const
    const made = await insertReservation(db, making, time)
    if (made !== undefined) return decide(db, decision, wanted, made)
    const known = await readReservation(db, wanted.id, time)
    if (known === undefined) throw new Error('a reservation was taken away')
    if (!mayRenew(known, wanted)) return answerOf(db, known)
    if (isOverdue(known)) throw new Obstructed([known.id])
    const renewed = await renewReservation(db, known, making, time)
    if (renewed === undefined) throw new Obstructed([])
    return decide(db, decision, wanted, renewed)
  }

  return async (decision, wanted, options) => {
    if (wanted === null) {
      const kept = asDecided(decision, null)
      await database.ask((db) => insertDecision(db, kept).execute(), options)
      return { isNew: true, reservation: null, decision: kept }
    }
    checkCountable(wanted.amount)
    for (let rounds = 1; ; rounds++) {
      try {
        return await database.step((db) => makeOrAnswer(db, decision, wanted), options)
      } catch (error) {
        if (!(error instanceof Obstructed) || rounds === MAX_ROUNDS) throw error
        options.signal.throwIfAborted()
        await expire(error.by, options)
      }
    }
  }

  async function decide(
    db: Step,
    decision: NewDecision,
    wanted: NewReservation,
    made: ReservationTable,
  ): Promise<Reserved> {
    if (decision.outcome === 'declined') return decline(db, asDecided(decision, wanted.id), wanted, made)
    const { takes } = wanted
    const keys = takes.map(({ key }) => key)
    if (takes.length > 0) await lockBudgets(db, keys)
    const counted = await countWithin(db, takes, milliseconds(made.created_at_ms))
    const { exceeded, obstructed } = compare(wanted, counted)
    const sums = counted.map(({ sum, overdue }) => sum - overdue)
    const reservationId = wanted.id
    if (exceeded.length > 0) {
      const declined = keptOf(decision, { outcome: 'declined', reservationId, exceeded, sums })
      return decline(db, declined, wanted, made)
    }
    if (obstructed.length > 0) {
      throw new Obstructed(await overdueOn(db, obstructed, EXPIRED_AT_ONCE, time))
    }
    const approved = keptOf(decision, { outcome: 'approved', reservationId, exceeded, sums })
    // A moment that nothing was counted at before: then, and not each time, others may have become too old.
    const begun = takes.filter(({ atMs }, at) => (counted[at]?.latestMs ?? Number.NEGATIVE_INFINITY) < atMs)
    await writeTogether(db, [
      ...countingOf(db, sharesOf(wanted)),
      ...holdingOf(db, wanted, made),
      ...forgettingOf(db, begun),
      ...tellingOf(db, 'reserve', wanted, made),
      insertDecision(db, approved),
    ])
    return { isNew: true, reservation: reservationOf(made), decision: approved }
  }
}

/** Which takes do not fit; and where all do, the budgets of those that only fit once what is overdue is given back. */
function compare(
  wanted: NewReservation,
  counted: readonly Counted[],
): { readonly exceeded: readonly number[]; readonly obstructed: readonly string[] } {
  const exceeded: number[] = []
  const obstructed: string[] = []
  for (const [at, take] of wanted.takes.entries()) {
    const { sum, overdue } = counted[at] ?? { sum: 0n, overdue: 0n }
    const after = sum + takenBy(take, wanted)
    if (after - overdue > take.limit) exceeded.push(at)
    else if (after > take.limit) obstructed.push(take.key)
  }
  return { exceeded, obstructed }
}

function mayRenew(known: ReadReservation, wanted: NewReservation): boolean {
  const { state, fingerprint } = standingOf(known)
  if (!wanted.renews || fingerprint !== wanted.fingerprint) return false
  return state === 'declined' || state === 'released'
}

/** What an earlier call of the same id has made. */
async function answerOf(db: Step, known: ReadReservation): Promise<Reserved> {
  const reservation = standingOf(known)
  const decision = await findDecision(db, reservation.decisionId)
  if (decision === undefined) throw new Error('the decision of a reservation is missing')
  return { isNew: false, reservation, decision }
}

/** Takes nothing, and holds it only where it is held anyway. */
async function decline(
  db: Step,
  decision: KeptDecision,
  wanted: NewReservation,
  made: ReservationTable,
): Promise<Reserved> {
  const state = wanted.holdsAnyway ? 'held' : 'declined'
  await writeTogether(db, [
    ...(made.state === state ? [] : [decliningOf(db, made)]),
    ...tellingOf(db, state === 'held' ? 'reserve' : 'decline', wanted, made),
    insertDecision(db, decision),
  ])
  return { isNew: true, reservation: { ...reservationOf(made), state }, decision }
}

function tellingOf(
  db: Step,
  event: 'reserve' | 'decline',
  { amount }: NewReservation,
  made: ReservationTable,
): Write[] {
  return [trailOf(db, [{ of: made, event, atMs: made.created_at_ms, amount }])]
}

function insertDecision(db: Tables, decision: KeptDecision) {
  return db.insertInto('sallyport_decision').values(decisionRowOf(decision))
}
