import type { LedgerEvent, NewDecision, NewReservation, Span, Take } from '../../src/ports/spend-store.js'

/** One call of the ledger. */
export type Call =
  | { readonly verb: 'reserve'; readonly decision: NewDecision; readonly asked: NewReservation }
  | {
      readonly verb: 'settle'
      readonly id: string
      readonly as: 'commit' | 'release'
      readonly amount?: bigint
    }
  | { readonly verb: 'expire'; readonly limit: number }

/** What can be seen of a reservation. */
export interface Seen {
  readonly state: string
  readonly decisionId: string
  readonly amount: bigint
  readonly committed: bigint | null
  readonly settledAtMs: number | null
  readonly expiresAtMs: number
  readonly expired: boolean
}

/** What a call must answer; null where there is nothing to settle, and where expiry is written down. */
export type Answer =
  | {
      readonly isNew: boolean
      readonly seen: Seen
      readonly sums: readonly bigint[]
      readonly exceeded: readonly number[]
    }
  | { readonly isNew: boolean; readonly seen: Seen }
  | null

/** A reservation from when it was made until it is made anew. */
interface Life {
  readonly asked: NewReservation
  readonly sums: readonly bigint[]
  readonly exceeded: readonly number[]
  seen: Seen
}

/**
 * What a ledger must be: a list of reservations, added up from the first to the last whenever a sum is asked for, in
 * one order of calls. It forgets nothing.
 */
export interface Model {
  readonly lives: Life[]
  readonly trails: Map<string, readonly Pick<LedgerEvent, 'event' | 'amount'>[]>
}

/** The ledger before anything was reserved. */
export function emptyModel(): Model {
  return { lives: [], trails: new Map() }
}

/** Another of the same state. */
export function copyOf({ lives, trails }: Model): Model {
  return { lives: lives.map((life) => ({ ...life })), trails: new Map(trails) }
}

/** What is counted within a span. */
export function sumOf({ lives }: Model, { key, fromMs, toMs }: Span): bigint {
  let sum = 0n
  for (const life of lives) {
    for (const take of life.asked.takes) {
      if (take.key === key && take.atMs >= fromMs && take.atMs <= toMs) sum += countedOf(life, take)
    }
  }
  return sum
}

/** The latest life of a reservation. */
export function lifeOf({ lives }: Model, id: string): Life | undefined {
  return lives.findLast(({ asked }) => asked.id === id)
}

/** Ends everything whose time is over. */
export function expireModel(model: Model, nowMs: number): void {
  for (const life of model.lives) {
    const { seen, asked } = life
    if (seen.state !== 'held' || seen.expiresAtMs > nowMs) continue
    const committed = asked.onExpiry === 'commit' ? seen.amount : null
    const state = committed === null ? 'released' : 'committed'
    life.seen = { ...seen, state, committed, settledAtMs: seen.expiresAtMs, expired: true }
    log(model, asked.id, 'expire', committed ?? 0n)
  }
}

/** Lets a reservation be held again whose expiry nobody had written down when the clock was set back. */
export function reviveModel(model: Model, id: string): void {
  const life = lifeOf(model, id)
  if (life?.seen.expired !== true) throw new Error('only what has expired can be held again')
  life.seen = { ...life.seen, state: 'held', committed: null, settledAtMs: null, expired: false }
  model.trails.set(id, (model.trails.get(id) ?? []).slice(0, -1))
}

/** Does what a call does, and answers what it answers. */
export function applyTo(model: Model, call: Call, nowMs: number): Answer {
  expireModel(model, nowMs)
  if (call.verb === 'expire') return null
  return call.verb === 'reserve' ? reserveIn(model, call, nowMs) : settleIn(model, call, nowMs)
}

function reserveIn(
  model: Model,
  { decision, asked }: Call & { readonly verb: 'reserve' },
  nowMs: number,
): Answer {
  const known = lifeOf(model, asked.id)
  const isGivenBack = known?.seen.state === 'declined' || known?.seen.state === 'released'
  if (known !== undefined && !(asked.renews && isGivenBack)) {
    return { isNew: false, seen: known.seen, sums: known.sums, exceeded: known.exceeded }
  }
  const sums = asked.takes.map((take) => sumOf(model, take))
  const exceeded = asked.takes.flatMap((take, at) =>
    (sums[at] ?? 0n) + unitsOf(take, asked) > take.limit ? [at] : [],
  )
  const isHeld = exceeded.length === 0 || asked.holdsAnyway
  const seen: Seen = {
    state: isHeld ? 'held' : 'declined',
    decisionId: decision.id,
    amount: asked.amount,
    committed: null,
    settledAtMs: null,
    expiresAtMs: nowMs + asked.ttlMs,
    expired: false,
  }
  model.lives.push({ asked, sums, exceeded, seen })
  log(model, asked.id, isHeld ? 'reserve' : 'decline', asked.amount)
  return { isNew: true, seen, sums, exceeded }
}

function settleIn(model: Model, call: Call & { readonly verb: 'settle' }, nowMs: number): Answer {
  const life = lifeOf(model, call.id)
  if (life === undefined) return null
  if (life.seen.state !== 'held') return { isNew: false, seen: life.seen }
  const committed = call.as === 'commit' ? (call.amount ?? life.seen.amount) : null
  const state = committed === null ? 'released' : 'committed'
  life.seen = { ...life.seen, state, committed, settledAtMs: nowMs }
  log(model, call.id, call.as, committed ?? life.seen.amount)
  return { isNew: true, seen: life.seen }
}

function countedOf({ seen, asked, exceeded }: Life, take: Take): bigint {
  if (exceeded.length > 0) return 0n
  if (take.measures === 'use') return 1n
  if (seen.state === 'released') return 0n
  if (take.measures === 'count') return 1n
  return seen.committed ?? asked.amount
}

function unitsOf({ measures }: Take, { amount }: NewReservation): bigint {
  return measures === 'amount' ? amount : 1n
}

function log({ trails }: Model, id: string, event: LedgerEvent['event'], amount: bigint): void {
  trails.set(id, [...(trails.get(id) ?? []), { event, amount }])
}
