import { LRUCache } from 'lru-cache'
import { checkBalance, isBalanceSource, meets } from '../balance-check.js'
import { callWithin } from '../deadline.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, timeoutProblems, unknownOptions } from '../option-check.js'
import type { Balance, BalanceQuery, BalanceSource } from '../ports/balance-source.js'
import type { Clock } from '../ports/clock.js'
import { soundClock, systemClock } from '../system-clock.js'

/** How long a balance may be used. All in milliseconds, on the monotonic clock, from when its reading began. */
export interface BalanceCacheOptions {
  /** How long an answer that suffices is fresh. Default 60000. */
  readonly ttlMs?: number
  /** How long an answer that does not suffice is used, so that a top-up counts soon. Default 5000. */
  readonly insufficientTtlMs?: number
  /** After `ttlMs`: how long a sufficient answer is still served while it is read anew behind. Default 30000. */
  readonly staleWhileRevalidateMs?: number
  /** After `ttlMs`: how long a sufficient answer is served where the chain cannot be read. Default 300000. */
  readonly staleIfErrorMs?: number
  /** How many balances are kept; the least recently used goes first. Default 100000. */
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
// Room for all entries is taken when the cache is made.
const MOST_ENTRIES = 10_000_000

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
  if (maxEntries !== undefined && !isCount(maxEntries)) {
    problems.push(`${owner}.maxEntries must be a whole number from 1 to ${MOST_ENTRIES}`)
  }
  return problems
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_ENTRIES
}

const caches = new WeakSet<BalanceSource>()

/** Whether a source came from {@link cached}. */
export function isCached(source: BalanceSource): boolean {
  return caches.has(source)
}

interface Entry {
  readonly readAtMs: number
  /** The same facts for whoever waited for them, found them, and found them late. */
  readonly read: Balance
  readonly fresh: Balance
  readonly stale: Balance
}

/**
 * Keeps balances, never decisions: what is kept is what the chain said, and every use weighs it anew.
 *
 * One reading however many wait for the same wallet. An answer of an older slot than what is known counts as no answer
 * for as long as what is known may be served: a node that lags must not give back what was spent, and one slot that is
 * far too high, or a ledger that begins anew, must not shut a wallet out for ever.
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
  const entries = new LRUCache<string, Entry>({ max: options.maxEntries ?? 100_000 })
  const flights = new Map<string, Promise<Entry>>()

  /** Whether an entry may still stand for the chain, if only on an outage. */
  function mayBeServed(known: Entry): boolean {
    return clock.monotonicMs() - known.readAtMs < errorUntilMs
  }

  async function readInto(key: string, query: BalanceQuery, readAtMs: number): Promise<Entry> {
    const balance = checkBalance(await callWithin(timeoutMs, (options) => source.read(query, options)))
    const known = entries.get(key)
    if (known !== undefined && balance.slot < known.fresh.slot && mayBeServed(known)) {
      // Another reading has meanwhile found out more than this one.
      if (known.readAtMs >= readAtMs && (query.exact !== true || known.fresh.exact)) return known
      throw new Error(
        `the chain answered slot ${balance.slot}, older than slot ${known.fresh.slot} already known`,
      )
    }
    const { amount, decimals, slot, exact } = balance
    const facts = { amount, decimals, slot, exact }
    const entry: Entry = {
      readAtMs,
      read: Object.freeze(facts),
      fresh: Object.freeze({ ...facts, freshness: 'cached' }),
      stale: Object.freeze({ ...facts, freshness: 'stale' }),
    }
    entries.set(key, entry)
    return entry
  }

  /** Joins the reading that is under way, or begins one. */
  function fly(key: string, query: BalanceQuery): Promise<Entry> {
    const flightKey = query.exact === true ? `${key}=` : key
    const under = flights.get(flightKey)
    if (under !== undefined) return under
    const { minimum: _, ...shared } = query
    const flight = readInto(key, shared, clock.monotonicMs()).finally(() => flights.delete(flightKey))
    flights.set(flightKey, flight)
    return flight
  }

  /** Reads; where that fails, what is known is served as long as it may be. */
  async function readOrKnown(key: string, query: BalanceQuery): Promise<Balance> {
    try {
      const { read } = await fly(key, query)
      return read
    } catch (error) {
      // Looked up now: more may have become known while this reading was under way.
      const known = entries.get(key)
      if (known !== undefined && suffices(known.fresh, query) && mayBeServed(known)) return known.stale
      throw error
    }
  }

  const decorated: BalanceSource = {
    read(query) {
      const key = `${query.mint}:${query.owner}`
      const entry = entries.get(key)
      if (entry === undefined) return readOrKnown(key, query)
      const ageMs = clock.monotonicMs() - entry.readAtMs
      if (!suffices(entry.fresh, query)) {
        const usable = entry.fresh.exact && ageMs < insufficientTtlMs
        return usable ? entry.fresh : readOrKnown(key, query)
      }
      if (ageMs < ttlMs) return entry.fresh
      if (ageMs >= revalidateUntilMs) return readOrKnown(key, query)
      // What fails behind is told by whoever has to wait for it next.
      fly(key, query).catch(() => undefined)
      return entry.stale
    },
    readMint: (mint, callOptions) => source.readMint(mint, callOptions),
  }
  caches.add(decorated)
  return decorated
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

/** Whether an answer can be used for longer: it is exact where it must be, and reaches what the caller needs. */
function suffices(balance: Balance, { minimum, exact }: BalanceQuery): boolean {
  if (exact === true && !balance.exact) return false
  return minimum === undefined || meets(balance, minimum)
}
