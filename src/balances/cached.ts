import { checkBalance, isBalanceSource, meets } from '../balance-check.js'
import { callWithin } from '../deadline.js'
import { isEntryCount, MOST_ENTRIES } from '../entry-count.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, timeoutProblems, unknownOptions } from '../option-check.js'
import type { Balance, BalanceQuery, BalanceSource } from '../ports/balance-source.js'
import type { Clock } from '../ports/clock.js'
import { soundClock, systemClock } from '../system-clock.js'
import { BalanceEntries, BalanceEntry } from './cached/balance-entries.js'
import { RefreshAhead } from './cached/refresh-ahead.js'

/** How long a balance may be used. All in milliseconds, on the monotonic clock, from when its reading began. */
export interface BalanceCacheOptions {
  /**
   * How long an answer that suffices is fresh. Default 60000. What is in use is read anew behind from half of it on, so
   * that nobody waits.
   */
  readonly ttlMs?: number
  /** How long an answer that does not suffice is used, so that a top-up counts soon. Default 5000. */
  readonly insufficientTtlMs?: number
  /** After `ttlMs`: how long a sufficient answer is still served while it is read anew behind. Default 30000. */
  readonly staleWhileRevalidateMs?: number
  /** After `ttlMs`: how long a sufficient answer is served where the chain cannot be read. Default 300000. */
  readonly staleIfErrorMs?: number
  /**
   * How many balances are kept at most; the wallet that was used least recently goes first, with all that is kept of it.
   * Only what was read is kept: a wallet that cannot be read, or whom no gate lets come so far, pushes nothing out.
   * Default 100000.
   */
  readonly maxEntries?: number
}

/** Options of {@link cached} used alone. */
export interface CachedOptions extends BalanceCacheOptions {
  /** How long one reading may take, however many wait for it. Default 2000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

const TIMES = ['ttlMs', 'insufficientTtlMs', 'staleWhileRevalidateMs', 'staleIfErrorMs'] as const
const CACHE_OPTIONS = [...TIMES, 'maxEntries'] as const

/** A sentence for everything that is wrong with the options of a cache. */
export function cacheProblems(owner: string, options: object): string[] {
  if (!isOptions(options)) return [`${owner} must be options, at least {}`]
  const values = options as Record<string, unknown>
  const problems = unknownOptions(owner, options, CACHE_OPTIONS)
  for (const name of TIMES) {
    const value = values[name]
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && value >= 0)) {
      problems.push(`${owner}.${name} must be a number of milliseconds of at least 0`)
    }
  }
  const { maxEntries } = values
  if (maxEntries !== undefined && !isEntryCount(maxEntries)) {
    problems.push(`${owner}.maxEntries must be a whole number from 1 to ${MOST_ENTRIES}`)
  }
  return problems
}

/** Answers what is known and may be answered at once. @param nowMs - Monotonic. */
export type BalanceRecall = (query: BalanceQuery, nowMs: number) => Balance | undefined

interface Cache {
  readonly recall: BalanceRecall
  readonly clock: Clock
}

const caches = new WeakMap<BalanceSource, Cache>()

/** Whether a source came from {@link cached}. */
export function isCached(source: BalanceSource): boolean {
  return caches.has(source)
}

/** A reading that is under way. */
interface Flight {
  readonly query: BalanceQuery
  readonly landing: Promise<BalanceEntry>
  /** The one answer of all who ask the same as the first. */
  answer: Promise<Balance> | undefined
}

/**
 * Keeps balances, never decisions: what is kept is what the chain said, and every use weighs it anew.
 *
 * One reading however many wait for the same wallet. An answer of an older slot than what is known counts as no answer
 * for as long as what is known may be served: a node that lags must not give back what was spent, and one slot that is
 * far too high, or a ledger that begins anew, must not shut a wallet out for ever.
 *
 * Balances in use are read anew behind from half of `ttlMs` on: each with the highest minimum that it has been found to
 * reach since it was read, and exactly where somebody had to know it exactly. So a source may answer a lower bound, and
 * it lets in all those whom the balance in its place let in.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * createGate({ store, balances: cached(failover([near, far]), { ttlMs: 10_000 }) })
 */
export function cached(source: BalanceSource, options: CachedOptions = {}): BalanceSource {
  const problems = problemsOf(source, options)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { timeoutMs = 2_000 } = options
  const clock = soundClock(options.clock ?? systemClock)
  const ttlMs = options.ttlMs ?? 60_000
  const insufficientTtlMs = options.insufficientTtlMs ?? 5_000
  const revalidateUntilMs = ttlMs + (options.staleWhileRevalidateMs ?? 30_000)
  const errorUntilMs = ttlMs + (options.staleIfErrorMs ?? 300_000)
  const entries = new BalanceEntries(options.maxEntries ?? 100_000)
  const flights = new Map<string, Flight>()
  const ahead = new RefreshAhead({
    ttlMs,
    renew: ({ mint, owner, most: minimum, wasUsedExactly: exact }) =>
      fly({ mint, owner, exact, ...(minimum && { minimum }) }).landing,
    isKept: (entry) => entries.has(entry),
  })

  function ageOf({ readAtMs }: BalanceEntry): number {
    return clock.monotonicMs() - readAtMs
  }

  /** Whether an entry may still stand for the chain, if only on an outage. */
  function mayBeServed(known: BalanceEntry): boolean {
    return ageOf(known) < errorUntilMs
  }

  /**
   * Whether what is known says more than a lower bound of a later slot: it was read no earlier, or somebody who came
   * during its time was let in by more than the bound. A bound proves that so much is there, never that no more is.
   */
  function saysMore(known: BalanceEntry, { read, readAtMs }: BalanceEntry): boolean {
    if (read.exact || read.amount > known.read.amount) return false
    if (known.readAtMs >= readAtMs) return true
    return known.most !== undefined && !meets(read, known.most) && ageOf(known) < revalidateUntilMs
  }

  async function readInto(query: BalanceQuery, readAtMs: number): Promise<BalanceEntry> {
    const balance = checkBalance(await callWithin(timeoutMs, (options) => source.read(query, options)))
    const known = entries.find(query.owner, query.mint)
    if (known !== undefined && balance.slot < known.read.slot && mayBeServed(known)) {
      // Another reading has meanwhile found out more than this one.
      if (known.readAtMs >= readAtMs && (query.exact !== true || known.read.exact)) return known
      throw new Error(
        `the chain answered slot ${balance.slot}, older than slot ${known.read.slot} already known`,
      )
    }
    const entry = new BalanceEntry(query, balance, readAtMs)
    if (known === undefined || !saysMore(known, entry)) entries.keep(entry)
    return entry
  }

  /** Joins the reading that is under way, or begins one. */
  function fly(query: BalanceQuery): Flight {
    const key = `${query.mint}:${query.owner}${query.exact === true ? '=' : ''}`
    const under = flights.get(key)
    if (under !== undefined) return under
    const landing = readInto(query, clock.monotonicMs()).finally(() => flights.delete(key))
    const flight: Flight = { query, landing, answer: undefined }
    flights.set(key, flight)
    return flight
  }

  /** Waits for a reading. Whoever asks the same shares one promise, however many they are. */
  function readOrKnown(query: BalanceQuery): Promise<Balance> {
    const flight = fly(query)
    if (flight.query.minimum !== query.minimum) return landed(flight, query)
    flight.answer ??= landed(flight, query)
    return flight.answer
  }

  /** What a reading comes to for a query; where it fails, what is known is served as long as it may be. */
  async function landed(flight: Flight, query: BalanceQuery): Promise<Balance> {
    try {
      const entry = await flight.landing
      // A lower bound that was asked for by somebody who needs less says nothing of who needs more.
      const isAnswer = entry.read.exact || flight.query.minimum === query.minimum || entry.serves(query)
      return isAnswer ? entry.read : (await fly({ ...query, exact: true }).landing).read
    } catch (error) {
      // Looked up now: more may have become known while this reading was under way.
      const known = entries.find(query.owner, query.mint)
      if (known?.serves(query) === true && mayBeServed(known)) return known.stale
      throw error
    }
  }

  /** What is known and may be answered at once. */
  function recall(query: BalanceQuery, nowMs: number): Balance | undefined {
    const entry = entries.find(query.owner, query.mint)
    if (entry === undefined) return undefined
    const ageMs = nowMs - entry.readAtMs
    if (!entry.serves(query)) {
      return entry.fresh.exact && ageMs < insufficientTtlMs ? entry.fresh : undefined
    }
    if (ageMs < ahead.fromMs) return entry.fresh
    if (ageMs >= revalidateUntilMs) return undefined
    // What fails behind is told by whoever has to wait for it next.
    ahead.noteUse(entry, ageMs, nowMs)
    return ageMs < ttlMs ? entry.fresh : entry.stale
  }

  const decorated: BalanceSource = {
    read: (query) => recall(query, clock.monotonicMs()) ?? readOrKnown(query),
    readMint: (mint, callOptions) => source.readMint(mint, callOptions),
  }
  // Another clock than the gate's counts from another start: then the gate has to ask.
  caches.set(decorated, { recall, clock: options.clock ?? systemClock })
  return decorated
}

/**
 * How to look into the cache of a source without a call, a deadline or another look at the clock; `undefined` where it
 * has none, or one that goes by another clock.
 *
 * @param clock - Whose monotonic time the answer will be given.
 */
export function recallOf(source: BalanceSource, clock: Clock): BalanceRecall | undefined {
  const cache = caches.get(source)
  return cache?.clock === clock ? cache.recall : undefined
}

function problemsOf(source: BalanceSource, options: CachedOptions): string[] {
  if (!isOptions(options)) return ['cached must be given options, at least {}']
  const { timeoutMs, clock, ...cacheOptions } = options
  return [
    ...(isBalanceSource(source) ? [] : ['cached needs a source with read and readMint']),
    ...cacheProblems('cached', cacheOptions),
    ...timeoutProblems('cached.timeoutMs', timeoutMs),
    ...clockProblems('cached.clock', clock),
  ]
}
