import type { Clock } from '../ports/clock.js'
import type { Change } from '../ports/store.js'
import { accountOfWallet } from './wallet-account.js'

/**
 * What had ended the sessions of a wallet when one was begun: the latest such change of all, of its account and of the
 * wallet itself (`atMs` of each, 0 where there was none). A session lives as long as there is no later one. No clock is
 * compared with another: who begins a session has first heard what was ended.
 */
export type EndedThrough = readonly [all: number, account: number, wallet: number]

/** What a session carries that was begun where nothing had been ended. */
export const NOTHING_ENDED: EndedThrough = [0, 0, 0]

/** A session, as far as it can be ended. */
export interface SessionMark {
  /** Its `jti`. */
  readonly id: string
  readonly wallet: string
  readonly endedThroughMs: EndedThrough
}

/** What is known of sessions that have ended before their time. */
export interface EndedSessions {
  note(change: Change): void
  hasEnded(session: SessionMark): boolean
  /** What a session of this wallet that begins now is to carry. */
  endedThrough(wallet: string): EndedThrough
}

const PRUNE_FROM = 1_024
const KEPT_MS = 3_600_000

/** Remembers what was ended for as long as any session could outlive it. */
export function createEndedSessions(clock: Clock): EndedSessions {
  const changes = new Map<string, Change>()
  /** Sessions that were ended one by one, and until when each would have lasted: as many as logged out meanwhile. */
  const loggedOut = new Map<string, number>()
  let pruneAt = PRUNE_FROM

  function prune(): void {
    if (changes.size + loggedOut.size < pruneAt) return
    const nowMs = clock.wallMs()
    for (const [key, { untilMs }] of changes) if (untilMs < nowMs - KEPT_MS) changes.delete(key)
    for (const [id, untilMs] of loggedOut) if (untilMs < nowMs - KEPT_MS) loggedOut.delete(id)
    pruneAt = Math.max(PRUNE_FROM, (changes.size + loggedOut.size) * 2)
  }

  // What the store may have forgotten is not known here either: whoever begins a session elsewhere has not heard of it.
  function atMs(key: string): number {
    const change = changes.get(key)
    return change !== undefined && change.untilMs > clock.wallMs() ? change.atMs : 0
  }

  function endedThrough(wallet: string): EndedThrough {
    if (changes.size === 0) return NOTHING_ENDED
    return [atMs('all '), atMs(`account ${accountOfWallet(wallet)}`), atMs(`wallet ${wallet}`)]
  }

  function note(change: Change): void {
    if (change.kind === 'credential') return
    prune()
    if (change.kind === 'session') {
      loggedOut.set(change.id, Math.max(change.untilMs, loggedOut.get(change.id) ?? 0))
      return
    }
    const key = keyOf(change)
    const known = changes.get(key)
    if (known === undefined || known.atMs < change.atMs) changes.set(key, change)
  }

  return {
    note,
    hasEnded({ id, wallet, endedThroughMs: [all, account, own] }) {
      if (loggedOut.has(id)) return true
      if (changes.size === 0) return false
      const [endedAll, endedAccount, endedWallet] = endedThrough(wallet)
      return endedAll > all || endedAccount > account || endedWallet > own
    },
    endedThrough,
  }
}

function keyOf({ kind, id }: Change): string {
  return `${kind} ${id}`
}
