import { LRUCache } from 'lru-cache'
import type { Rules, Seen } from './rules.js'

/** What one process remembers of credentials, and how it hears of changes. The store answers at once. */
export class CredentialModel {
  readonly #rules: Rules
  readonly #seen: Seen
  readonly #readAtMs: LRUCache<number, number>
  #heardMs = Number.NEGATIVE_INFINITY

  constructor(rules: Rules, seen: Seen) {
    this.#rules = rules
    this.#seen = seen
    this.#readAtMs = new LRUCache({ max: rules.maxCredentials })
  }

  use(credential: number, nowMs: number): void {
    const readAtMs = this.#readAtMs.get(credential)
    if (readAtMs === undefined || nowMs - readAtMs >= this.#rules.credentialAgeMs) {
      this.#seen.credentialReads++
      this.#readAtMs.set(credential, nowMs)
    } else if (nowMs - this.#heardMs >= this.#rules.pollMs) {
      // Only who relies on what is remembered asks what has changed.
      this.#seen.feedPolls++
      this.#heardMs = nowMs
    }
  }
}
