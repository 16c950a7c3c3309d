import { randomUUID } from 'node:crypto'
import { runLater } from '../deadline.js'
import { Refused } from '../decision.js'
import type { Store, UsageBatch, UsageCount } from '../ports/store.js'
import { attempt } from '../stages/attempt.js'
import type { WarnOfOutage } from '../telemetry/outage-warner.js'
import { HOUR_MS, hourOf } from './hours.js'

/** What a counter is made of. */
export interface UsageOptions {
  readonly store: Pick<Store, 'addUsage'>
  readonly timeoutMs: number
  /** Counts are written this long after the first of them, in milliseconds. */
  readonly flushIntervalMs: number
  /** Told of counts that could not be written yet. */
  readonly warn: WarnOfOutage
}

/** Where requests were counted: what is found out about one later moves it. */
export interface Counted {
  readonly credentialId: string
  readonly method: string
  readonly route: string | undefined
  readonly outcome: string
  readonly lastUsedAtMs: number
}

/** Counts requests in memory and writes them in batches. */
export interface UsageCounter {
  /**
   * Counts a request; or moves it, within its hour, where `before` says that it was counted elsewhere.
   *
   * @param nowMs - When it came. Wall clock, milliseconds.
   */
  count(
    credentialId: string,
    method: string,
    route: string | undefined,
    outcome: string,
    nowMs: number,
    before: Counted | undefined,
  ): Counted
  /** Writes all that is counted so far. Never rejects: what cannot be written is tried again later. */
  flush(): Promise<void>
}

// What a route is called that no framework has named, and what all are called beyond the bound.
const UNMATCHED = '(unmatched)'
const OTHER = '(other)'

const HOURS_KEPT_MS = 31 * 24 * HOUR_MS
const MAX_CELLS = 10_000
// What waits for the store beside the batch that is being written.
const MAX_WAITING = 3
const MAX_ROUTES_PER_CREDENTIAL = 100

/** The requests of one credential, method, route and outcome within an hour that are not written yet. */
class Cell implements Counted {
  readonly credentialId: string
  readonly method: string
  readonly route: string | undefined
  readonly outcome: string
  readonly hourMs: number
  readonly name: string
  lastUsedAtMs = 0
  count = 0
  /** Whether it is on its way to the store: what comes now is for another cell. */
  isTaken = false

  constructor(
    credentialId: string,
    method: string,
    route: string | undefined,
    outcome: string,
    hourMs: number,
    name: string,
  ) {
    this.credentialId = credentialId
    this.method = method
    this.route = route
    this.outcome = outcome
    this.hourMs = hourMs
    this.name = name
  }
}

/** Makes a counter. No request is written by itself, and no map grows without bound. */
export function createUsageCounter(options: UsageOptions): UsageCounter {
  const { store, timeoutMs, flushIntervalMs, warn } = options
  let cells: Cell[] = []
  /** The same, by credential and route: few differ in the rest. */
  let index = new Map<string, Map<string | undefined, Cell[]>>()
  let latestHourMs = 0
  let armed = false
  /** A batch that could not be written: it goes first, under the same id, so that nothing counts twice. */
  let unwritten: UsageBatch | undefined
  /** Full batches, which the store is too slow for at this moment. */
  const waiting: UsageBatch[] = []
  let flushing: Promise<void> | undefined
  let next: Promise<void> | undefined
  const namesOf = new Map<string, Set<string>>()
  /** One text for a route, however many credentials use it. */
  const names = new Map<string, string>()

  function arm(): void {
    if (armed) return
    armed = true
    runLater(flushIntervalMs, () => {
      armed = false
      void flush()
    })
  }

  /** What a route is written as: the named ones of a credential are bounded. */
  function nameOf(credentialId: string, method: string, route: string | undefined): string {
    if (route === OTHER) return OTHER
    const name = shared(`${method} ${route ?? UNMATCHED}`)
    const known = namesOf.get(credentialId)
    if (known === undefined) {
      if (namesOf.size >= MAX_CELLS) namesOf.clear()
      namesOf.set(credentialId, new Set([name]))
      return name
    }
    if (known.has(name)) return name
    if (known.size >= MAX_ROUTES_PER_CREDENTIAL) return OTHER
    known.add(name)
    return name
  }

  function shared(name: string): string {
    const known = names.get(name)
    if (known !== undefined) return known
    if (names.size >= MAX_CELLS) names.clear()
    names.set(name, name)
    return name
  }

  function cellAt(
    credentialId: string,
    method: string,
    route: string | undefined,
    outcome: string,
    hourMs: number,
  ): Cell | undefined {
    const alike = index.get(credentialId)?.get(route)
    if (alike === undefined) return undefined
    for (const cell of alike) {
      if (cell.method === method && cell.outcome === outcome && cell.hourMs === hourMs) return cell
    }
    return undefined
  }

  function cellOf(
    credentialId: string,
    method: string,
    route: string | undefined,
    outcome: string,
    hourMs: number,
  ): Cell {
    const known = cellAt(credentialId, method, route, outcome, hourMs)
    if (known !== undefined) return known
    const name = nameOf(credentialId, method, route)
    if (name === OTHER && route !== OTHER) return cellOf(credentialId, '', OTHER, outcome, hourMs)
    return put(new Cell(credentialId, method, route, outcome, hourMs, name))
  }

  /** Where what was written already is taken back. */
  function cellLike(cell: Cell): Cell {
    const { credentialId, method, route, outcome, hourMs, name } = cell
    return (
      cellAt(credentialId, method, route, outcome, hourMs) ??
      put(new Cell(credentialId, method, route, outcome, hourMs, name))
    )
  }

  function put(cell: Cell): Cell {
    // Beyond the bounds, which are reached only where the store is down or far too slow, requests are not counted.
    if (cells.length >= MAX_CELLS) return cell
    const { credentialId, route } = cell
    const ofCredential = index.get(credentialId) ?? new Map<string | undefined, Cell[]>()
    index.set(credentialId, ofCredential)
    const alike = ofCredential.get(route)
    if (alike === undefined) ofCredential.set(route, [cell])
    else alike.push(cell)
    cells.push(cell)
    return cell
  }

  function take(): UsageBatch {
    const counts: UsageCount[] = []
    for (const cell of cells) {
      cell.isTaken = true
      if (cell.count !== 0) counts.push(countOf(cell))
    }
    cells = []
    index = new Map()
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

  // What comes meanwhile is for the next one, as long as there is room for it.
  async function write(): Promise<void> {
    for (let batch = unwritten ?? waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      if (!(await writeBatch(batch))) return arm()
    }
    if (cells.length > 0 && !(await writeBatch(take()))) arm()
  }

  function makeRoom(): void {
    // What failed is tried again when its time comes, not by every request.
    if (flushing === undefined && unwritten === undefined) void flush()
    else if (waiting.length < MAX_WAITING) waiting.push(take())
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
    count(credentialId, method, route, outcome, nowMs, before) {
      if (!armed) arm()
      if (before instanceof Cell) {
        add(before.isTaken ? cellLike(before) : before, -1, nowMs)
        return add(cellOf(credentialId, method, route, outcome, before.hourMs), 1, nowMs)
      }
      latestHourMs = hourOf(nowMs)
      const counted = add(cellOf(credentialId, method, route, outcome, latestHourMs), 1, nowMs)
      if (cells.length >= MAX_CELLS) makeRoom()
      return counted
    },
    flush,
  }
}

function add(cell: Cell, by: 1 | -1, nowMs: number): Cell {
  cell.count += by
  if (nowMs > cell.lastUsedAtMs) cell.lastUsedAtMs = nowMs
  return cell
}

function countOf({ credentialId, hourMs, name: route, outcome, count, lastUsedAtMs }: Cell): UsageCount {
  return { credentialId, hourMs, route, outcome, count, lastUsedAtMs }
}
