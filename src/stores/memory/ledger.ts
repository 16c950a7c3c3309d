import type { Clock } from '../../ports/clock.js'
import type {
  KeptDecision,
  LedgerEvent,
  NewReservation,
  Reservation,
  SpendStore,
  Take,
} from '../../ports/spend-store.js'
import { type Counted, createBudgets } from './budgets.js'
import { createDeadlines } from './deadlines.js'
import type { DecisionLog } from './decisions.js'
import { createQueue } from './queue.js'

/** How many of the reservations are kept that are no longer held: the latest. */
export const MAX_SETTLED = 100_000

type LedgerVerbs = Pick<
  SpendStore,
  'reserve' | 'settle' | 'readReservation' | 'expireReservations' | 'readSums'
>

interface Entry {
  reservation: Reservation
  decision: KeptDecision
  /** What it has taken; empty unless it is held. */
  holds: readonly { readonly measures: Take['measures']; readonly counted: Counted }[]
  readonly trail: LedgerEvent[]
}

/** Reservations in one process. Every verb is one turn of the event loop, so each happens whole. */
export function createLedger(clock: Clock, decisions: DecisionLog): LedgerVerbs {
  const budgets = createBudgets()
  const entries = new Map<string, Entry>()
  const settled = createQueue<Reservation>()
  const isCurrent = (one: Reservation) => entries.get(one.id)?.reservation === one
  const deadlines = createDeadlines(isCurrent)

  function put(entry: Entry, event: LedgerEvent['event'], amount: bigint, atMs: number): void {
    const { id, state } = entry.reservation
    Object.freeze(entry.reservation)
    entry.trail.push(Object.freeze({ event, atMs, amount }))
    entries.set(id, entry)
    if (state === 'held') {
      deadlines.add(entry.reservation)
      return
    }
    settled.add(entry.reservation)
    const oldest = settled.takeBeyond(MAX_SETTLED)
    // It may have been made anew.
    if (oldest !== undefined && isCurrent(oldest)) entries.delete(oldest.id)
  }

  /** Ends what is held: `committed` null gives everything back. */
  function end(entry: Entry, committed: bigint | null, settledAtMs: number, expired: boolean): void {
    const { amount } = entry.reservation
    const back = { amount: amount - (committed ?? 0n), count: committed === null ? 1n : 0n, use: 0n }
    for (const { measures, counted } of entry.holds) budgets.giveBack(counted, back[measures])
    entry.holds = []
    const state = committed === null ? 'released' : 'committed'
    entry.reservation = { ...entry.reservation, state, committed, settledAtMs, expired }
    if (expired) put(entry, 'expire', committed ?? 0n, settledAtMs)
    else put(entry, committed === null ? 'release' : 'commit', committed ?? amount, settledAtMs)
  }

  function expire(nowMs: number, limit: number): number {
    for (let count = 0; count < limit; ) {
      const over = deadlines.takeOver(nowMs)
      if (over === undefined) return count
      const entry = entries.get(over.id)
      if (entry === undefined || !isCurrent(over)) continue
      end(entry, over.onExpiry === 'commit' ? over.amount : null, over.expiresAtMs, true)
      count++
    }
    return limit
  }

  /** Now, with everything ended that is over. */
  function currentMs(): number {
    const nowMs = clock.wallMs()
    expire(nowMs, Number.POSITIVE_INFINITY)
    return nowMs
  }

  function make(asked: NewReservation, decision: KeptDecision, nowMs: number): Reservation {
    const known = entries.get(asked.id)
    const reservation = reservationOf(asked, decision, nowMs)
    // What is held although it was declined has taken nothing.
    const takes = decision.outcome === 'declined' ? [] : asked.takes
    const holds = takes.map((take) => ({
      measures: take.measures,
      counted: budgets.count(take, unitsOf(take, asked)),
    }))
    const entry = { reservation, decision, holds, trail: known?.trail ?? [] }
    put(entry, reservation.state === 'declined' ? 'decline' : 'reserve', asked.amount, nowMs)
    return reservation
  }

  return {
    reserve(decision, asked) {
      const nowMs = currentMs()
      const known = asked === null ? undefined : entries.get(asked.id)
      if (known !== undefined && !(asked?.renews === true && mayRenew(known.reservation, asked))) {
        return { isNew: false, reservation: known.reservation, decision: known.decision }
      }
      const takes = asked === null || decision.outcome === 'declined' ? [] : asked.takes
      const sums = takes.map((take) => budgets.sumOf(take))
      const exceeded = takes.flatMap((take, at) =>
        asked !== null && (sums[at] ?? 0n) + unitsOf(take, asked) > take.limit ? [at] : [],
      )
      const outcome = exceeded.length > 0 ? 'declined' : decision.outcome
      const reservationId = asked?.id ?? null
      const kept = decisions.add({ ...decision, outcome, reservationId, exceeded, sums })
      const reservation = asked === null ? null : make(asked, kept, nowMs)
      return { isNew: true, reservation, decision: kept }
    },
    settle({ id, as, amount, decisionId }) {
      const nowMs = currentMs()
      const entry = entries.get(id)
      if (entry === undefined) return undefined
      const { reservation } = entry
      const isMeant = decisionId === undefined || decisionId === reservation.decisionId
      if (reservation.state !== 'held' || !isMeant) return { isNew: false, reservation }
      if (amount !== undefined && (amount < 0n || amount > reservation.amount)) {
        throw new RangeError('what is committed must be within what is reserved')
      }
      end(entry, as === 'commit' ? (amount ?? reservation.amount) : null, nowMs, false)
      return { isNew: true, reservation: entry.reservation }
    },
    readReservation(id) {
      currentMs()
      const entry = entries.get(id)
      return entry && { reservation: entry.reservation, trail: [...entry.trail] }
    },
    expireReservations: (limit) => expire(clock.wallMs(), limit),
    readSums(spans) {
      currentMs()
      return spans.map((span) => budgets.sumOf(span))
    },
  }
}

function reservationOf(asked: NewReservation, decision: KeptDecision, nowMs: number): Reservation {
  const { id, accountId, fingerprint, amount, onExpiry, ttlMs } = asked
  return {
    id,
    accountId,
    fingerprint,
    decisionId: decision.id,
    state: decision.outcome === 'declined' && !asked.holdsAnyway ? 'declined' : 'held',
    amount,
    committed: null,
    onExpiry,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + ttlMs,
    settledAtMs: null,
    expired: false,
  }
}

function unitsOf({ measures }: Take, { amount }: NewReservation): bigint {
  return measures === 'amount' ? amount : 1n
}

function mayRenew({ state, fingerprint }: Reservation, asked: NewReservation): boolean {
  return (state === 'declined' || state === 'released') && fingerprint === asked.fingerprint
}
