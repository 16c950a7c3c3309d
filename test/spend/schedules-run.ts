import { expect } from 'vitest'
import type { Reservation, Span, SpendStore, Take } from '../../src/ports/spend-store.js'
import type { ManualClock } from '../support/clock.js'
import { DAY_MS, takesAt } from './schedules-budgets.js'
import type { Schedule, Step, Wish } from './schedules-commands.js'
import {
  type Answer,
  applyTo,
  type Call,
  copyOf,
  emptyModel,
  expireModel,
  lifeOf,
  type Model,
  reviveModel,
  type Seen,
  sumOf,
} from './schedules-model.js'

/** A store, the clock that all of its instances go by, and instances. */
export interface World {
  readonly clock: ManualClock
  /**
   * Whether the store writes expiry down by itself, nobody knows when. It is then written down before the clock is set
   * back: otherwise what is over may be held again, until what the store had begun before is done.
   */
  readonly sweepsByItself: boolean
  /** By turns. */
  instance(): Promise<SpendStore>
}

const OPTIONS = { signal: new AbortController().signal }
const MOST_STEPPED_BACK_MS = 5_000
const FOREVER = Number.MAX_SAFE_INTEGER

let runs = 0

/** Runs a schedule, and compares the store with the model after every step. */
export async function runSchedule(world: World, { unit, steps }: Schedule): Promise<void> {
  const { clock, instance } = world
  const prefix = `run ${++runs}`
  const asked: string[] = []
  /** What the client knows to be held: a crash makes it forget. */
  let known: string[] = []
  let model = emptyModel()
  let latestMs = clock.wallMs()
  let isSteppedBack = false
  let made = 0
  const floors = new Map<string, number>()

  function callOf(wish: Wish): Call {
    if (wish.verb === 'expire') return wish
    if (wish.verb === 'settle') {
      const id = known[wish.which % Math.max(1, known.length)] ?? `${prefix} unknown`
      const amount = lifeOf(model, id)?.asked.amount ?? 0n
      const part = wish.quarters === null ? {} : { amount: (amount * BigInt(wish.quarters)) / 4n }
      return { verb: 'settle', id, as: wish.as, ...part }
    }
    const id = asked[(wish.again ?? 0) % Math.max(1, asked.length)]
    const isNew = wish.again === null || id === undefined
    const takes = takesAt(clock.wallMs(), prefix, unit).filter((_, at) => (wish.budgets & (1 << at)) !== 0)
    for (const { key, keepFromMs } of takes) {
      floors.set(key, Math.max(keepFromMs, floors.get(key) ?? 0))
    }
    const reservation = {
      id: isNew ? `${prefix} ${++made}` : id,
      accountId: 'acme',
      fingerprint: 'the same',
      // One id stands for one request.
      amount:
        lifeOf(model, id ?? '')?.asked.amount ?? BigInt(wish.units) * unit - BigInt(unit > 1n ? wish.odd : 0),
      ttlMs: wish.ttlMs,
      onExpiry: wish.onExpiry,
      takes,
      renews: wish.renews,
      holdsAnyway: wish.holdsAnyway,
    }
    if (isNew) asked.push(reservation.id)
    if (!known.includes(reservation.id)) known.push(reservation.id)
    const decision = {
      id: `${prefix} decision ${++made}`,
      atMs: clock.wallMs(),
      accountId: 'acme',
      agentId: null,
      mandateId: null,
      outcome: 'approved' as const,
      document: '{}',
    }
    return { verb: 'reserve', decision, asked: reservation }
  }

  /** Every moment of every budget that must be known, and all of them together. */
  function spansOf(takes: readonly Take[]): Span[] {
    const spans = new Map<string, Span>()
    for (const { key, fromMs, toMs } of takesAt(clock.wallMs(), prefix, unit)) {
      spans.set(`${key} now`, { key, fromMs: Math.max(fromMs, floors.get(key) ?? 0), toMs })
      spans.set(`${key} all`, { key, fromMs: floors.get(key) ?? 0, toMs: FOREVER })
    }
    for (const { key, atMs } of takes) {
      if (atMs >= (floors.get(key) ?? 0)) spans.set(`${key} ${atMs}`, { key, fromMs: atMs, toMs: atMs })
    }
    return [...spans.values()]
  }

  async function observe(calls: readonly Call[]): Promise<Observed> {
    const store = await instance()
    const taken = calls.flatMap((call) => (call.verb === 'reserve' ? call.asked.takes : []))
    const spans = spansOf([...model.lives.flatMap((life) => life.asked.takes), ...taken])
    // Of calls at the same time some have the same outcome in any order: then the trails tell which it was.
    const ids = calls.length > 1 ? [...new Set(calls.flatMap(idOf))] : []
    const records = await Promise.all(ids.map((id) => readAs(store, id)))
    return { spans, sums: await store.readSums(spans, OPTIONS), ids, records }
  }

  async function atOnce(wishes: readonly Wish[], areLost = false): Promise<Observed> {
    const calls = wishes.map(callOf)
    const stores = await Promise.all(calls.map(() => instance()))
    const answers = await Promise.all(calls.map((call, at) => perform(stores[at] as SpendStore, call)))
    const observed = await observe(calls)
    const nowMs = clock.wallMs()
    const given = areLost ? answers.map(() => undefined) : answers
    const after = orderOf(model, calls, given, observed, nowMs)
    if (after === undefined) explain(model, calls, given, observed, nowMs)
    else model = after
    return observed
  }

  async function stepBack(ms: number, isSwept: boolean): Promise<void> {
    const store = await instance()
    const nowMs = clock.wallMs()
    expireModel(model, nowMs)
    if (isSwept) while ((await store.expireReservations(1_000, OPTIONS)) > 0);
    latestMs = Math.max(latestMs, nowMs)
    clock.stepWall(-Math.min(ms, MOST_STEPPED_BACK_MS - (latestMs - nowMs)))
    isSteppedBack = true
    // What nobody has written down may be held again, unless something was made of it in the meantime.
    for (const id of isSwept ? [] : asked) {
      const seen = lifeOf(model, id)?.seen
      if (seen?.expired !== true || seen.expiresAtMs <= clock.wallMs()) continue
      if ((await readAs(store, id))?.seen.state === 'held') reviveModel(model, id)
    }
  }

  /** Takes a step, and answers what can be seen then. */
  async function take(step: Step): Promise<Observed> {
    if (step.step === 'at once') return atOnce(step.wishes)
    if (step.step === 'advance') clock.advance(step.ms)
    if (step.step === 'edge') clock.advance(DAY_MS - (clock.wallMs() % DAY_MS) - step.beforeMs)
    if (step.step === 'step back') await stepBack(step.ms, step.isSwept || world.sweepsByItself)
    if (step.step === 'crash') {
      if (step.lost !== null) await atOnce([step.lost], true)
      known = []
      await instance()
    }
    return observe([])
  }

  for (const [at, step] of steps.entries()) {
    const { spans, sums } = await take(step)
    const nowMs = clock.wallMs()
    expireModel(model, nowMs)
    for (const [place, span] of spans.entries()) {
      const sum = sumOf(model, span)
      if (sums[place] !== sum) expect(sums[place], `step ${at}: ${textOf(span)}`).toBe(sum)
    }
    for (const { key, toMs, limit } of takesAt(nowMs, prefix, unit)) {
      // Set back, a clock sees a longer time at once than it ever decided on.
      if (key.endsWith('rolling') && isSteppedBack) continue
      const place = spans.findIndex((span) => span.key === key && span.toMs === toMs)
      expect(sums[place], `step ${at}: ${key}`).toBeLessThanOrEqual(limit)
    }
  }
  const store = await instance()
  for (const id of asked) expect(await readAs(store, id)).toEqual(recordOf(model, id))
  clock.advance(100_000)
  await store.expireReservations(1_000, OPTIONS)
}

interface Recorded {
  readonly seen: Seen
  readonly trail: readonly { readonly event: string; readonly amount: bigint }[]
}

interface Observed {
  readonly spans: readonly Span[]
  readonly sums: readonly bigint[]
  /** What was asked for or settled, where several were at the same time. */
  readonly ids: readonly string[]
  readonly records: readonly (Recorded | null)[]
}

/** The model after the calls in some order that gives these answers and this state. Lost answers are undefined. */
function orderOf(
  model: Model,
  calls: readonly Call[],
  answers: readonly (Answer | undefined)[],
  observed: Observed,
  nowMs: number,
): Model | undefined {
  if (calls.length === 0) return isSame(model, observed) ? model : undefined
  for (const [at, call] of calls.entries()) {
    const next = copyOf(model)
    const predicted = applyTo(next, call, nowMs)
    const given = answers[at]
    if (given !== undefined && textOf(given) !== textOf(predicted)) continue
    const isElse = (_: unknown, place: number) => place !== at
    const after = orderOf(next, calls.filter(isElse), answers.filter(isElse), observed, nowMs)
    if (after !== undefined) return after
  }
  return undefined
}

/** Fails, and shows what the calls would have done one after another. */
function explain(
  model: Model,
  calls: readonly Call[],
  answers: readonly (Answer | undefined)[],
  observed: Observed,
  nowMs: number,
): never {
  const next = copyOf(model)
  const predicted = calls.map((call) => applyTo(next, call, nowMs))
  expect({ calls, answers, ...observed }, 'no order of the calls has this outcome').toEqual({
    calls,
    answers: answers.map((answer, at) => answer && predicted[at]),
    ...stateOf(next, observed),
  })
  throw new Error('no order of the calls has this outcome')
}

function isSame(model: Model, { spans, sums, ids, records }: Observed): boolean {
  return (
    spans.every((span, at) => sums[at] === sumOf(model, span)) &&
    ids.every((id, at) => textOf(records[at]) === textOf(recordOf(model, id)))
  )
}

function stateOf(model: Model, { spans, ids }: Observed): Observed {
  const sums = spans.map((span) => sumOf(model, span))
  return { spans, sums, ids, records: ids.map((id) => recordOf(model, id)) }
}

function recordOf(model: Model, id: string): Recorded | null {
  const life = lifeOf(model, id)
  return life === undefined ? null : { seen: life.seen, trail: model.trails.get(id) ?? [] }
}

async function readAs(store: SpendStore, id: string): Promise<Recorded | null> {
  const read = await store.readReservation(id, OPTIONS)
  if (read === undefined) return null
  const trail = read.trail.map(({ event, amount }) => ({ event, amount }))
  return { seen: seenOf(read.reservation), trail }
}

async function perform(store: SpendStore, call: Call): Promise<Answer> {
  if (call.verb === 'expire') {
    await store.expireReservations(call.limit, OPTIONS)
    return null
  }
  if (call.verb === 'settle') {
    const { verb: _, ...settlement } = call
    const settled = await store.settle(settlement, OPTIONS)
    return settled === undefined ? null : { isNew: settled.isNew, seen: seenOf(settled.reservation) }
  }
  const { isNew, reservation, decision } = await store.reserve(call.decision, call.asked, OPTIONS)
  if (reservation === null) throw new Error('a reservation was asked for')
  return { isNew, seen: seenOf(reservation), sums: decision.sums, exceeded: decision.exceeded }
}

function seenOf(reservation: Reservation): Seen {
  const { state, decisionId, amount, committed, settledAtMs, expiresAtMs, expired } = reservation
  return { state, decisionId, amount, committed, settledAtMs, expiresAtMs, expired }
}

function idOf(call: Call): string[] {
  if (call.verb === 'expire') return []
  return [call.verb === 'reserve' ? call.asked.id : call.id]
}

/** A text that two things share where they are the same. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
}
