import type { Clock } from '../ports/clock.js'
import type { Change } from '../ports/store.js'
import { accountOfWallet } from './wallet-account.js'

/** A session, as far as it can be ended. */
export interface SessionMark {
  /** Its `jti`. */
  readonly id: string
  readonly wallet: string
  /** Wall clock, milliseconds. */
  readonly begunAtMs: number
}

/** What is known of sessions that have ended before their time. */
export interface EndedSessions {
  note(change: Change): void
  hasEnded(session: SessionMark): boolean
  /** When a session that begins now says that it began: behind whatever ended the earlier ones of its wallet. */
  beginning(wallet: string, nowMs: number): number
}

const PRUNE_FROM = 1_024
const KEPT_MS = 3_600_000
// Instances' clocks differ: a session may say that it began after the change that was to end it.
const TOLERANCE_MS = 5_000

/** Remembers what was ended for as long as any session could outlive it. */
export function createEndedSessions(clock: Clock): EndedSessions {
  const changes = new Map<string, Change>()
  let pruneAt = PRUNE_FROM

  function prune(): void {
    if (changes.size < pruneAt) return
    const overMs = clock.wallMs() - KEPT_MS
    for (const [key, { untilMs }] of changes) if (untilMs < overMs) changes.delete(key)
    pruneAt = Math.max(PRUNE_FROM, changes.size * 2)
  }

  function endOf(wallet: string): number {
    const keys = ['all', `account ${accountOfWallet(wallet)}`, `wallet ${wallet}`]
    return Math.max(...keys.map((key) => changes.get(key)?.atMs ?? Number.NEGATIVE_INFINITY)) + TOLERANCE_MS
  }

  return {
    note(change) {
      if (change.kind === 'credential') return
      prune()
      const key = change.kind === 'all' ? 'all' : `${change.kind} ${change.id}`
      const known = changes.get(key)
      if (known === undefined || known.atMs < change.atMs) changes.set(key, change)
    },
    hasEnded: ({ id, wallet, begunAtMs }) =>
      changes.size > 0 && (changes.has(`session ${id}`) || begunAtMs <= endOf(wallet)),
    beginning: (wallet, nowMs) => Math.max(nowMs, endOf(wallet) + 1),
  }
}
