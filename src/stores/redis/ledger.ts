import { randomBytes } from 'node:crypto'
import type { CallOptions } from '../../ports/call-options.js'
import type { Clock } from '../../ports/clock.js'
import type {
  LedgerEvent,
  NewReservation,
  Reservation,
  Span,
  SpendStore,
  Take,
} from '../../ports/spend-store.js'
import type { RunScript } from './client.js'
import { decisionArguments, keptDecisionOf } from './decisions.js'
import { EXPIRE, EXPIRED_AT_ONCE, READ_RESERVATION, READ_SUMS, RESERVE, SETTLE } from './ledger-scripts.js'
import { amountOf, checkedAmount, checkedText, listOf, numberOf, textOf, yesOf } from './replies.js'
import type { Script } from './script.js'
import { nameOf } from './text.js'

type LedgerVerbs = Pick<
  SpendStore,
  'reserve' | 'settle' | 'readReservation' | 'expireReservations' | 'readSums'
>

const NO_RESERVATION = ['', '', '', '', '', '', '[]', '0', '']

const nameOfCall = () => randomBytes(9).toString('base64url')

/** What is held and counted. Time is the host's clock where there is one, otherwise the server's. */
export function createLedger(run: RunScript, clock: Clock | undefined): LedgerVerbs {
  const nowText = () => (clock === undefined ? '' : String(clock.wallMs()))
  const once = (script: Script, ...values: string[]) => run(script, nameOfCall(), nowText(), ...values)

  /** Runs a script, under one name, until nothing is left that has to expire before it can answer. */
  async function untilExpired(
    { signal }: CallOptions,
    script: Script,
    ...values: string[]
  ): Promise<readonly unknown[]> {
    const call = nameOfCall()
    for (;;) {
      const reply = listOf(await run(script, call, nowText(), ...values))
      if (textOf(reply[0]) !== 'again') return reply
      signal.throwIfAborted()
    }
  }

  return {
    async reserve(decision, reservation, options) {
      const id = reservation?.id ?? null
      const values = [
        ...decisionArguments(decision, id),
        ...(reservation === null ? NO_RESERVATION : reservationArguments(reservation, decision.id)),
      ]
      const [isNew, made, kept] = await untilExpired(options, RESERVE, ...values)
      if (textOf(isNew) === 'known') throw new Error('there is another decision of this id')
      const text = textOf(made)
      return {
        isNew: yesOf(isNew),
        reservation: text === '' ? null : reservationOf(text),
        decision: keptDecisionOf(kept),
      }
    },
    async settle({ id, as, amount, decisionId }) {
      const committed = amount === undefined ? '' : checkedAmount('amount', amount)
      const maker = decisionId === undefined ? '' : nameOf(decisionId)
      const reply = await once(SETTLE, nameOf(id), as, committed, maker)
      if (reply === null) return undefined
      const [isNew, reservation] = listOf(reply)
      if (textOf(isNew) === 'more') throw new RangeError('amount must not be more than is reserved')
      return { isNew: yesOf(isNew), reservation: reservationOf(textOf(reservation)) }
    },
    async readReservation(id) {
      const reply = await once(READ_RESERVATION, nameOf(id))
      if (reply === null) return undefined
      const [reservation, rows] = listOf(reply)
      return { reservation: reservationOf(textOf(reservation)), trail: listOf(rows).map(eventOf) }
    },
    async expireReservations(limit, options) {
      let count = 0
      for (;;) {
        const most = Math.min(EXPIRED_AT_ONCE, limit - count)
        const expired = numberOf(await once(EXPIRE, String(most)))
        count += expired
        if (expired < most || count >= limit) return count
        options.signal.throwIfAborted()
      }
    },
    async readSums(spans, options) {
      const [, sums] = await untilExpired(options, READ_SUMS, JSON.stringify(spans.map(spanArgument)))
      return listOf(sums).map(amountOf)
    },
  }
}

function reservationArguments(reservation: NewReservation, decisionId: string): string[] {
  const { id, accountId, fingerprint, amount, ttlMs, onExpiry, renews, holdsAnyway, takes } = reservation
  if (new Set(takes.map(({ key }) => key)).size < takes.length) throw new TypeError('two takes have one key')
  // What stands before the decision's id says which request it is.
  const asked = JSON.stringify({ id, accountId, fingerprint }).slice(0, -1)
  return [
    nameOf(id),
    `${asked},"decisionId":${JSON.stringify(decisionId)}}`,
    checkedAmount('amount', amount),
    checkedText('ttlMs', ttlMs),
    onExpiry,
    renews ? 'yes' : 'no',
    JSON.stringify(takes.map(takeArgument)),
    String(Buffer.byteLength(asked)),
    holdsAnyway ? 'yes' : 'no',
  ]
}

/** All of it are texts: Lua would round numbers. */
function spanArgument({ key, fromMs, toMs }: Span) {
  return { key: nameOf(key), from: checkedText('fromMs', fromMs), to: checkedText('toMs', toMs) }
}

function takeArgument(take: Take) {
  const { measures, atMs, fromMs, toMs, limit, keepFromMs } = take
  if (!(fromMs <= atMs && atMs <= toMs)) throw new TypeError('atMs must be within the span')
  return {
    ...spanArgument(take),
    measures,
    at: checkedText('atMs', atMs),
    limit: checkedAmount('limit', limit),
    keepFrom: checkedText('keepFromMs', keepFromMs),
  }
}

interface StoredReservation {
  readonly face: string
  readonly state: Reservation['state']
  readonly amount: string
  readonly committed?: string
  readonly onExpiry: Reservation['onExpiry']
  readonly created: string
  readonly expires: string
  readonly settled?: string
  readonly expired?: string
}

function reservationOf(text: string): Reservation {
  const stored = JSON.parse(text) as StoredReservation
  const { state, amount, committed, onExpiry, created, expires, settled, expired } = stored
  return {
    ...(JSON.parse(stored.face) as Pick<Reservation, 'id' | 'accountId' | 'fingerprint' | 'decisionId'>),
    state,
    amount: amountOf(amount),
    committed: committed === undefined ? null : amountOf(committed),
    onExpiry,
    createdAtMs: numberOf(created),
    expiresAtMs: numberOf(expires),
    settledAtMs: settled === undefined ? null : numberOf(settled),
    expired: expired === 'yes',
  }
}

function eventOf(row: unknown): LedgerEvent {
  const [event, atMs, amount] = textOf(row).split('|')
  return { event: event as LedgerEvent['event'], atMs: numberOf(atMs), amount: amountOf(amount) }
}
