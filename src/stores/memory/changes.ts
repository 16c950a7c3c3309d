import type { Clock } from '../../ports/clock.js'
import type { Change, ChangePage } from '../../ports/store.js'

interface Place {
  readonly seq: number
  readonly change: Change
}

const PAGE = 1_000
const PRUNE_FROM = 1_024
const KEPT_MS = 3_600_000

/** What was changed, in order. */
export interface ChangeLog {
  add(change: Change): void
  since(cursor: string | null): ChangePage
}

/** A change log in one process. */
export function createChangeLog(clock: Clock): ChangeLog {
  let places: Place[] = []
  const lastMs = new Map<string, number>()
  let seq = 0
  let pruneAt = PRUNE_FROM

  // What is left decides when it is done again: each change is looked at a constant number of times.
  function prune(): void {
    if (places.length < pruneAt) return
    const overMs = clock.wallMs() - KEPT_MS
    places = places.filter(({ change }) => change.untilMs > overMs)
    const kept = new Set(places.map(({ change }) => nameOf(change)))
    for (const name of lastMs.keys()) if (!kept.has(name)) lastMs.delete(name)
    pruneAt = Math.max(PRUNE_FROM, places.length * 2)
  }

  function indexBehind(after: number): number {
    let [from, to] = [0, places.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((places[middle]?.seq ?? 0) > after) to = middle
      else from = middle + 1
    }
    return from
  }

  return {
    add(change) {
      prune()
      const name = nameOf(change)
      const atMs = Math.max(change.atMs, (lastMs.get(name) ?? Number.NEGATIVE_INFINITY) + 1)
      lastMs.set(name, atMs)
      places.push({ seq: ++seq, change: Object.freeze({ ...change, atMs }) })
    },
    since(cursor) {
      const at = indexBehind(cursor === null ? 0 : Number(cursor))
      const page = places.slice(at, at + PAGE)
      const hasMore = at + PAGE < places.length
      const last = hasMore ? page.at(-1)?.seq : seq
      return { changes: page.map(({ change }) => change), cursor: String(last ?? seq), hasMore }
    },
  }
}

function nameOf({ kind, id }: Change): string {
  return `${kind} ${id}`
}
