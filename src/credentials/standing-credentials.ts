import { isPending } from '../deadline.js'
import type { Refused } from '../decision.js'
import type { Clock } from '../ports/clock.js'
import type { Change, FindCredential, Store } from '../ports/store.js'
import { type ChangeFeed, createChangeFeed } from './change-feed.js'
import type { CredentialLookup } from './credential.js'
import { createEndedSessions, type EndedThrough, type SessionMark } from './ended-sessions.js'
import { createCredentialFinder, type Found } from './lookup.js'

/** What is known of credentials and sessions, and never relied on for longer than the revocation bound. */
export interface StandingCredentials {
  find(lookup: CredentialLookup): Found | Promise<Found>
  /**
   * Whether a session is known to go on, as far as the revocation bound asks for and as far as can be told without
   * waiting.
   *
   * @param nowMs - Monotonic.
   */
  goesOn(session: SessionMark, nowMs: number): boolean
  /** Whether a session has ended before its time. */
  hasEnded(session: SessionMark): boolean | Refused | Promise<boolean | Refused>
  /** As {@link StandingCredentials.hasEnded}, after all that was ended until now has been heard. */
  hasEndedByNow(session: SessionMark): Promise<boolean | Refused>
  /** What a session of this wallet that begins now is to carry, after all that was ended until now has been heard. */
  endedThrough(wallet: string): Promise<EndedThrough | Refused>
  /** Counts the changes that have been seen: what was found out before another one may not be true any more. */
  readonly version: number
  /** Makes sure that changes older than the bound have been seen. `undefined` where that is so, or nothing can be followed. */
  follow(nowMs: number): undefined | Refused | Promise<undefined | Refused>
  /**
   * Takes note of what this instance has changed by itself, ahead of the next poll: here it holds at once. For what may
   * not have reached the store, `isCertain` is false: then a credential is read anew, but no session is ended by it.
   */
  note(change: Change, isCertain: boolean): void
  /** Makes sure that every change made until now has been seen. */
  catchUp(): undefined | Refused | Promise<undefined | Refused>
}

/** What it is made of. */
export interface StandingOptions {
  readonly find: FindCredential
  /** Absent for hosts that keep credentials themselves: then nothing can be followed. */
  readonly store: Pick<Store, 'changesSince'> | undefined
  readonly clock: Clock
  readonly timeoutMs: number
  readonly boundMs: number
  /** How many credentials are kept. */
  readonly maxEntries: number
}

/** Puts together what finds credentials, what remembers ended sessions and what follows the changes of both. */
export function createStandingCredentials(options: StandingOptions): StandingCredentials {
  const { find, store, clock, timeoutMs, boundMs, maxEntries } = options
  const ended = createEndedSessions(clock)
  let feed: ChangeFeed | undefined
  let version = 0
  const follow = store && ((nowMs: number) => feed?.follow(nowMs))
  const finder = createCredentialFinder({ find, clock, timeoutMs, boundMs, maxEntries, follow })

  function onChange(change: Change): void {
    version++
    finder.forget(change)
    ended.note(change)
  }
  if (store !== undefined) {
    feed = createChangeFeed({ store, clock, timeoutMs, boundMs, onChange })
  }

  return {
    find: finder.find,
    goesOn: (session, nowMs) => follow?.(nowMs) === undefined && !ended.hasEnded(session),
    hasEnded(session) {
      const state = follow?.(clock.monotonicMs())
      const answer = (outage: undefined | Refused) => outage ?? ended.hasEnded(session)
      return isPending(state) ? state.then(answer) : answer(state)
    },
    async hasEndedByNow(session) {
      return (await feed?.catchUp()) ?? ended.hasEnded(session)
    },
    async endedThrough(wallet) {
      const outage = await feed?.catchUp()
      return outage ?? ended.endedThrough(wallet)
    },
    get version() {
      return version
    },
    follow: (nowMs) => follow?.(nowMs),
    catchUp: () => feed?.catchUp(),
    note(change, isCertain) {
      version++
      finder.forget(change)
      if (isCertain) ended.note(change)
    },
  }
}
