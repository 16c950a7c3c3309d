import { randomUUID } from 'node:crypto'
import { runLater } from '../deadline.js'
import { Refused } from '../decision.js'
import type { Clock } from '../ports/clock.js'
import type { Store, UsageBatch, UsageCount } from '../ports/store.js'
import { attempt } from '../stages/attempt.js'
import type { WarnOfOutage } from '../telemetry/outage-warner.js'
import { HOUR_MS, hourOf } from './hours.js'

/** What a counter is made of. */
export interface UsageOptions {
  readonly store: Pick<Store, 'addUsage'>
  readonly clock: Clock
  readonly timeoutMs: number
  /** Counts are written this long after the first of them, in milliseconds. */
  readonly flushIntervalMs: number
  /** Told of counts that could not be written yet. */
  readonly warn: WarnOfOutage
}

/** What one request is counted as. */
export interface Countable {
  readonly credentialId: string
  readonly method: string
  readonly route: string | undefined
  readonly outcome: string
}

/** Where one request was counted: what is found out later about it moves it. */
export interface Counted extends Countable {
  readonly hourMs: number
}

/** Counts requests in memory and writes them in batches. */
export interface UsageCounter {
  /** Counts a request; or moves it, within its hour, where `before` says that it was counted elsewhere. */
  count(countable: Countable, before: Counted | undefined): Counted
  /** Writes all that is counted so far. Never rejects: what cannot be written is tried again later. */
  flush(): Promise<void>
}

// What a route is called that no framework has named, and what all are called beyond the bound.
const UNMATCHED = '(unmatched)'
const OTHER = '(other)'

const HOURS_KEPT_MS = 31 * 24 * HOUR_MS
const MAX_CELLS = 10_000
const MAX_ROUTES_PER_CREDENTIAL = 100

interface Cell {
  count: number
  lastUsedAtMs: number
}

/** Cells of one credential, by hour, outcome and route in one text. */
type Cells = Map<string, Cell>

/** Makes a counter. No request is written by itself, and no map grows without bound. */
export function createUsageCounter(options: UsageOptions): UsageCounter {
  const { store, clock, timeoutMs, flushIntervalMs, warn } = options
  let cells = new Map<string, Cells>()
  let size = 0
  let latestHourMs = 0
  let armed = false
  /** A batch that could not be written: it goes first, under the same id, so that nothing counts twice. */
  let unwritten: UsageBatch | undefined
  let flushing: Promise<void> | undefined
  let next: Promise<void> | undefined
  const routes = new Map<string, Set<string>>()

  function arm(): void {
    if (armed) return
    armed = true
    runLater(flushIntervalMs, () => {
      armed = false
      void flush()
    })
  }

  function routeOf({ credentialId, method, route }: Countable): string {
    const named = `${method} ${route ?? UNMATCHED}`
    const known = routes.get(credentialId)
    if (known === undefined) {
      if (routes.size >= MAX_CELLS) routes.clear()
      routes.set(credentialId, new Set([named]))
      return named
    }
    if (known.has(named)) return named
    if (known.size >= MAX_ROUTES_PER_CREDENTIAL) return OTHER
    known.add(named)
    return named
  }

  function add(counted: Counted, by: 1 | -1, nowMs: number): void {
    const ofCredential = cells.get(counted.credentialId) ?? new Map<string, Cell>()
    cells.set(counted.credentialId, ofCredential)
    const key = `${counted.hourMs} ${counted.outcome} ${routeOf(counted)}`
    const cell = ofCredential.get(key)
    if (cell !== undefined) {
      cell.count += by
      cell.lastUsedAtMs = Math.max(cell.lastUsedAtMs, nowMs)
    } else if (size < MAX_CELLS) {
      ofCredential.set(key, { count: by, lastUsedAtMs: nowMs })
      size++
      if (size === MAX_CELLS) void flush()
    }
  }

  function take(): UsageBatch {
    const counts = [...cells].flatMap(([credentialId, ofCredential]) =>
      [...ofCredential].map(([key, cell]) => countOf(credentialId, key, cell)),
    )
    cells = new Map()
    size = 0
    return { id: randomUUID(), counts, forgetHoursBeforeMs: latestHourMs - HOURS_KEPT_MS }
  }

  async function writeBatch(batch: UsageBatch): Promise<boolean> {
    unwritten = batch
    const written = await attempt<void>('store', timeoutMs, (call) => store.addUsage(batch, call))
    if (!(written instanceof Refused)) {
      unwritten = undefined
      return true
    }
    if (written.reason.code === 'dependency_unavailable') warn('store', written.reason.cause)
    return false
  }

  // What comes meanwhile is for the next one: under load this would never end.
  async function write(): Promise<void> {
    if (unwritten !== undefined && !(await writeBatch(unwritten))) return arm()
    if (size > 0 && !(await writeBatch(take()))) arm()
  }

  function flush(): Promise<void> {
    if (flushing !== undefined) {
      // The one under way may have begun without the latest counts.
      next ??= flushing.then(() => {
        next = undefined
        return flush()
      })
      return next
    }
    flushing = write().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  return {
    count({ credentialId, method, route, outcome }, before) {
      const nowMs = clock.wallMs()
      latestHourMs = hourOf(nowMs)
      const counted = { credentialId, method, route, outcome, hourMs: before?.hourMs ?? latestHourMs }
      if (before !== undefined) add(before, -1, nowMs)
      add(counted, 1, nowMs)
      arm()
      return counted
    },
    flush,
  }
}

function countOf(credentialId: string, key: string, { count, lastUsedAtMs }: Cell): UsageCount {
  const [hour = '', outcome = '', ...route] = key.split(' ')
  return { credentialId, hourMs: Number(hour), route: route.join(' '), outcome, count, lastUsedAtMs }
}
