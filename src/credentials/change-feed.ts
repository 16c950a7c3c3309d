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
}

/** Follows what is ended or changed, on whatever instance. */
export interface ChangeFeed {
  /**
   * Makes sure that every change made more than `boundMs` ago has been seen: `undefined` where that is so, at once
   * where it was heard lately. An outage where the store cannot tell.
   *
   * @param nowMs - Monotonic.
   */
  follow(nowMs: number): undefined | Refused | Promise<undefined | Refused>
  /** Makes sure that every change made until now has been seen. */
  catchUp(): undefined | Refused | Promise<undefined | Refused>
}

const POLL_INTERVAL_MS = 500
// A store that cannot be reached is asked so often, however many requests there are.
const RETRY_INTERVAL_MS = 100

interface Poll {
  readonly startedMs: number
  readonly whole: Promise<undefined | Refused>
  /** As far as somebody waits for it. Never rejects. */
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
  const { store, clock, timeoutMs, boundMs, onChange } = options
  let cursor: string | null = null
  let heardMs = Number.NEGATIVE_INFINITY
  let poll: Poll | undefined
  let failure: Failure | undefined

  /** Reads a page and takes it in. */
  const readFrom = (place: string | null) =>
    attempt<ChangePage>('store', timeoutMs, (call) => {
      const page = store.changesSince(place, call)
      return isPending(page) ? page.then(takeIn) : takeIn(page)
    })

  function takeIn(page: ChangePage): ChangePage {
    if (!Array.isArray(page?.changes) || typeof page.cursor !== 'string') {
      throw new TypeError('the store answered no page of changes')
    }
    for (const change of page.changes) onChange(change)
    return page
  }

  // Polls may run side by side: each has a place of its own, and the one that began last says where to go on.
  function heard(startedMs: number, place: string): undefined {
    if (startedMs >= heardMs) {
      heardMs = startedMs
      cursor = place
    }
    failure = undefined
    return undefined
  }

  function failed(outage: Refused): Refused {
    failure = { atMs: clock.monotonicMs(), outage }
    return outage
  }

  async function goOn(
    first: ChangePage | Refused,
    place: string | null,
    startedMs: number,
  ): Promise<undefined | Refused> {
    let page = first
    let at = place
    while (!(page instanceof Refused)) {
      if (!page.hasMore || page.cursor === at) return heard(startedMs, page.cursor)
      at = page.cursor
      // A poll that is given up on, or fails, need not begin from the start again.
      if (startedMs >= heardMs) cursor = at
      page = await readFrom(at)
    }
    return failed(page)
  }

  function start(nowMs: number): undefined | Refused | Promise<undefined | Refused> {
    const place = cursor
    const first = readFrom(place)
    if (!isPending(first) && (first instanceof Refused || !first.hasMore)) {
      return first instanceof Refused ? failed(first) : heard(nowMs, first.cursor)
    }
    const whole = Promise.resolve(first)
      .then((page) => goOn(page, place, nowMs))
      .finally(() => {
        if (poll?.whole === whole) poll = undefined
      })
    // However many pages there are, nobody waits for longer than for any other call; the poll itself goes on.
    const outcome = Promise.resolve(attempt('store', timeoutMs, () => whole))
    poll = { startedMs: nowMs, whole, outcome }
    return outcome
  }

  return {
    follow(nowMs) {
      const isHeard = nowMs - heardMs < boundMs
      if (isHeard && nowMs - heardMs < POLL_INTERVAL_MS) return undefined
      if (failure !== undefined && nowMs - failure.atMs < RETRY_INTERVAL_MS) {
        return isHeard ? undefined : failure.outage
      }
      if (poll !== undefined && nowMs - poll.startedMs < boundMs) return isHeard ? undefined : poll.outcome
      const outcome = start(nowMs)
      return isHeard ? undefined : outcome
    },
    catchUp: () => start(clock.monotonicMs()),
  }
}
