import { isPending } from '../deadline.js'
import { Refused } from '../decision.js'
import type { Clock } from '../ports/clock.js'
import type { Change, ChangePage, Store } from '../ports/store.js'
import { attempt } from '../stages/attempt.js'

/** What a feed is made of. */
export interface FeedOptions {
  readonly store: Pick<Store, 'changesSince'>
  readonly clock: Clock
  readonly timeoutMs: number
  /** How long what was heard last may be relied on, in milliseconds. */
  readonly boundMs: number
  /** Sees every change, in order. Called again for a change that is told of twice. */
  readonly onChange: (change: Change) => void
  /** Changes may have been missed: whatever relied on them must go. */
  readonly onGap: () => void
}

/** Follows what is ended or changed, on whatever instance. */
export interface ChangeFeed {
  /**
   * Makes sure that every change made more than `boundMs` ago has been seen: `undefined` where that is so, at once
   * where it was heard lately. An outage where the store cannot tell.
   */
  follow(): undefined | Refused | Promise<undefined | Refused>
  /** Makes sure that every change made until now has been seen. */
  catchUp(): undefined | Refused | Promise<undefined | Refused>
  /** Takes a change that this instance made by itself, ahead of the next poll. */
  note(change: Change): void
}

const POLL_INTERVAL_MS = 500
// A store that cannot be reached is asked so often, however many requests there are.
const RETRY_INTERVAL_MS = 100
// Stores keep changes for an hour at least.
const GAP_MS = 1_800_000

interface Poll {
  readonly startedMs: number
  readonly outcome: Promise<undefined | Refused>
}

interface Failure {
  readonly atMs: number
  readonly outage: Refused
}

/**
 * Follows a store's changes while somebody relies on them: there is no timer, so nothing polls for nobody. A request
 * that comes when the last poll is 500 ms old starts the next one and does not wait for it; one that comes when it is
 * older than the bound waits.
 */
export function createChangeFeed(options: FeedOptions): ChangeFeed {
  const { store, clock, timeoutMs, boundMs, onChange, onGap } = options
  let cursor: string | null = null
  let heardMs = Number.NEGATIVE_INFINITY
  let poll: Poll | undefined
  let failure: Failure | undefined

  const readPage = () => attempt<ChangePage>('store', timeoutMs, (call) => store.changesSince(cursor, call))

  function take(page: ChangePage): boolean {
    for (const change of page.changes) onChange(change)
    const moved = page.cursor !== cursor
    cursor = page.cursor
    return page.hasMore && moved
  }

  function heard(startedMs: number): undefined {
    heardMs = Math.max(heardMs, startedMs)
    failure = undefined
    return undefined
  }

  function failed(outage: Refused): Refused {
    failure = { atMs: clock.monotonicMs(), outage }
    return outage
  }

  async function goOn(first: ChangePage | Refused, startedMs: number): Promise<undefined | Refused> {
    let page = first
    while (!(page instanceof Refused) && take(page)) page = await readPage()
    return page instanceof Refused ? failed(page) : heard(startedMs)
  }

  function start(nowMs: number): undefined | Refused | Promise<undefined | Refused> {
    if (nowMs - heardMs > GAP_MS) {
      cursor = null
      onGap()
    }
    const first = readPage()
    if (!isPending(first)) {
      if (first instanceof Refused) return failed(first)
      if (!take(first)) return heard(nowMs)
    }
    const outcome = Promise.resolve(first)
      .then((page) => goOn(page, nowMs))
      .finally(() => {
        if (poll?.outcome === outcome) poll = undefined
      })
    poll = { startedMs: nowMs, outcome }
    return outcome
  }

  return {
    follow() {
      const nowMs = clock.monotonicMs()
      const isHeard = nowMs - heardMs < boundMs
      if (isHeard && nowMs - heardMs < POLL_INTERVAL_MS) return undefined
      if (failure !== undefined && nowMs - failure.atMs < RETRY_INTERVAL_MS) {
        return isHeard ? undefined : failure.outage
      }
      if (poll !== undefined && nowMs - poll.startedMs < boundMs) return isHeard ? undefined : poll.outcome
      const outcome = start(nowMs)
      return isHeard && isPending(outcome) ? undefined : outcome
    },
    catchUp: () => start(clock.monotonicMs()),
    note: onChange,
  }
}
