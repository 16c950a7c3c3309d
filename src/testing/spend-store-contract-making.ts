import type { Clock } from '../ports/clock.js'
import type {
  KeptDecision,
  NewDecision,
  NewReservation,
  Reservation,
  SpendRecord,
  Take,
} from '../ports/spend-store.js'

/** How long what a maker makes is held, in milliseconds. */
export const TTL_MS = 60_000

/** Makes what no other has the id of. */
export interface SpendMaker {
  /** An agent, unless `rest` says otherwise; each is a millisecond younger than the one before. */
  record(rest?: Partial<SpendRecord>): SpendRecord
  /** An approval of `acme`, unless `rest` says otherwise. */
  decision(rest?: Partial<NewDecision>): NewDecision
  /** Ten units for a minute, of nothing, released in the end and not held anyway, unless `rest` says otherwise. */
  reservation(rest?: Partial<NewReservation>): NewReservation
  /** The name of a budget. */
  key(): string
}

/** Makes records, decisions and reservations that are like no others. */
export function spendMaker(clock: Clock): SpendMaker {
  let made = 0
  const count = () => String(++made).padStart(6, '0')
  return {
    record: (rest) => ({
      kind: 'agent',
      id: `rec_${count()}`,
      accountId: 'acme',
      parentId: null,
      lookups: [],
      createdAtMs: clock.wallMs() + ++made,
      version: 1,
      document: '{"name":"a robot"}',
      ...rest,
    }),
    decision: (rest) => ({
      id: `dec_${count()}`,
      atMs: clock.wallMs(),
      accountId: 'acme',
      agentId: null,
      mandateId: null,
      outcome: 'approved',
      document: '{"checks":[]}',
      ...rest,
    }),
    reservation: (rest) => ({
      id: `res_${count()}`,
      accountId: 'acme',
      fingerprint: 'what was asked for',
      amount: 10n,
      ttlMs: TTL_MS,
      onExpiry: 'release',
      takes: [],
      renews: false,
      holdsAnyway: false,
      ...rest,
    }),
    key: () => `budget_${count()}`,
  }
}

/** What is taken of a budget over all time, unless `rest` says otherwise. */
export function take(key: string, limit: bigint, rest: Partial<Take> = {}): Take {
  return { key, limit, measures: 'amount', atMs: 0, fromMs: 0, toMs: 0, keepFromMs: 0, ...rest }
}

/** What a reservation is when it has just been made. */
export function heldOf(asked: NewReservation, decisionId: string, nowMs: number): Reservation {
  const { id, accountId, fingerprint, amount, onExpiry, ttlMs } = asked
  return {
    id,
    accountId,
    fingerprint,
    decisionId,
    state: 'held',
    amount,
    committed: null,
    onExpiry,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + ttlMs,
    settledAtMs: null,
    expired: false,
  }
}

/** What a decision is when it has been kept. */
export function keptOf(decision: NewDecision, rest: Partial<KeptDecision> = {}): KeptDecision {
  return { ...decision, reservationId: null, exceeded: [], sums: [], ...rest }
}

/** The same reservation, all of it or a part of it committed. */
export function committedOf(held: Reservation, committed: bigint, settledAtMs: number): Reservation {
  return { ...held, state: 'committed', committed, settledAtMs }
}

/** The same reservation, given back. */
export function releasedOf(held: Reservation, settledAtMs: number): Reservation {
  return { ...held, state: 'released', settledAtMs }
}

/** The same reservation, its time over. */
export function expiredOf(held: Reservation): Reservation {
  const { expiresAtMs, amount } = held
  const ended =
    held.onExpiry === 'commit' ? committedOf(held, amount, expiresAtMs) : releasedOf(held, expiresAtMs)
  return { ...ended, expired: true }
}
