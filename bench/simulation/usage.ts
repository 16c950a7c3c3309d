import type { Rules, Seen } from './rules.js'

/** What one process counts and when it writes that. Every credential is used on one route with one outcome. */
export class UsageModel {
  readonly #rules: Rules
  readonly #seen: Seen
  readonly #counted = new Set<number>()
  #flushAtMs = Number.POSITIVE_INFINITY

  constructor(rules: Rules, seen: Seen) {
    this.#rules = rules
    this.#seen = seen
  }

  count(credential: number, nowMs: number): void {
    this.flushUntil(nowMs)
    if (this.#flushAtMs === Number.POSITIVE_INFINITY) this.#flushAtMs = nowMs + this.#rules.flushIntervalMs
    this.#counted.add(credential)
    if (this.#counted.size >= this.#rules.maxCounts) this.#write()
  }

  /** Writes what is due. */
  flushUntil(nowMs: number): void {
    if (nowMs < this.#flushAtMs) return
    this.#flushAtMs = Number.POSITIVE_INFINITY
    if (this.#counted.size > 0) this.#write()
  }

  #write(): void {
    this.#seen.usageBatches++
    this.#seen.usageCounts += this.#counted.size
    this.#counted.clear()
  }
}
