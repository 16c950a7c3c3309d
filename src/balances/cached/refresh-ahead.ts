import type { BalanceEntry } from './balance-entries.js'

/** When entries are read anew before their time is over. */
export interface RefreshAheadOptions {
  readonly ttlMs: number
  /** Reads an entry anew. It rejects, or leaves the entry where it is, where that cannot be done. */
  renew(entry: BalanceEntry): Promise<unknown>
  /** Whether an entry still stands for its wallet. */
  isKept(entry: BalanceEntry): boolean
}

// What goes together by one request.
const FULL = 100
// What one node is asked for at a time: 32 requests. Where readings take long, what is due waits for those under way.
const MAX_UNDER_WAY = 32 * FULL
const MAX_PAUSE_MS = 1_000

/**
 * Reads what is in use anew behind its users, so that none of them waits: without a timer, and many at a time, so that
 * a source can share requests between them. What nobody uses is not read.
 *
 * Where that fails the entry stays as it is, and nothing is tried for a second (a quarter of `ttlMs` where that is less):
 * a dead chain is not asked once more by every request.
 */
export class RefreshAhead {
  /** The age from which a use makes an entry due, in milliseconds. */
  readonly fromMs: number
  readonly #urgentMs: number
  readonly #pauseMs: number
  readonly #options: RefreshAheadOptions
  #due: BalanceEntry[] = []
  #underWay = 0
  #hasFailed = false
  #notBeforeMs = Number.NEGATIVE_INFINITY

  constructor(options: RefreshAheadOptions) {
    const { ttlMs } = options
    this.#options = options
    this.fromMs = ttlMs / 2
    this.#urgentMs = (ttlMs * 3) / 4
    this.#pauseMs = Math.min(MAX_PAUSE_MS, ttlMs / 4)
  }

  /** Is told of every use of an entry from {@link fromMs} on. */
  noteUse(entry: BalanceEntry, ageMs: number, nowMs: number): void {
    if (!entry.isDue) {
      entry.isDue = true
      this.#due.push(entry)
    }
    if (this.#due.length === 0 || (this.#due.length < FULL && ageMs < this.#urgentMs)) return
    if (this.#hasFailed) {
      this.#hasFailed = false
      this.#notBeforeMs = nowMs + this.#pauseMs
    }
    if (nowMs >= this.#notBeforeMs) this.#renewDue()
  }

  // All in one turn, which is what a source shares requests by.
  #renewDue(): void {
    const { renew, isKept } = this.#options
    for (const entry of this.#due.splice(0, MAX_UNDER_WAY - this.#underWay)) {
      // Somebody has waited for it meanwhile, or nobody has used it for long.
      if (!isKept(entry)) continue
      this.#underWay++
      const settle = () => this.#settle(entry)
      renew(entry).then(settle, settle)
    }
  }

  #settle(entry: BalanceEntry): void {
    this.#underWay--
    entry.isDue = false
    // Whatever was read has not taken its place.
    if (this.#options.isKept(entry)) this.#hasFailed = true
  }
}
