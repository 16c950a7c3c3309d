import { LRUCache } from 'lru-cache'
import { type Decimal, unitsAtLeast } from '../../amount.js'
import { meets } from '../../balance-check.js'
import type { Balance, BalanceQuery } from '../../ports/balance-source.js'

/** What was read of one wallet and one mint, and what has been made of it since. */
export class BalanceEntry {
  readonly mint: string
  readonly owner: string
  readonly readAtMs: number
  /** The same facts for whoever waited for them, found them, and found them late. */
  readonly read: Balance
  readonly fresh: Balance
  readonly stale: Balance
  /** The most that it has been found to reach, and what it was asked for last beside that. */
  most: Decimal | undefined
  #other: Decimal | undefined
  /** Whether somebody had to know it exactly. */
  wasUsedExactly: boolean
  /** Whether it is about to be read anew, or being read. */
  isDue: boolean

  constructor({ mint, owner }: BalanceQuery, balance: Balance, readAtMs: number) {
    const { amount, decimals, slot, exact } = balance
    const facts = { amount, decimals, slot, exact }
    this.mint = mint
    this.owner = owner
    this.readAtMs = readAtMs
    this.read = Object.freeze(facts)
    this.fresh = Object.freeze({ ...facts, freshness: 'cached' })
    this.stale = Object.freeze({ ...facts, freshness: 'stale' })
    this.most = undefined
    this.#other = undefined
    this.wasUsedExactly = false
    this.isDue = false
  }

  /** Whether it says what is asked, and notes that it was: what is read in its place must say as much. */
  serves({ minimum, exact }: BalanceQuery): boolean {
    if (exact === true && !this.fresh.exact) return false
    // Minimums come from a handful of gates: most are told by being the same object.
    if (
      minimum !== undefined &&
      minimum !== this.most &&
      minimum !== this.#other &&
      !this.#reaches(minimum)
    ) {
      return false
    }
    if (exact === true) this.wasUsedExactly = true
    return true
  }

  #reaches(minimum: Decimal): boolean {
    const { fresh, most } = this
    if (!meets(fresh, minimum)) return false
    if (most === undefined || unitsAtLeast(minimum, fresh.decimals) > unitsAtLeast(most, fresh.decimals)) {
      this.most = minimum
      this.#other = most
    } else this.#other = minimum
    return true
  }
}

/** Keeps entries, the least recently used wallet going first with all that is kept of it. */
export class BalanceEntries {
  readonly #maxEntries: number
  readonly #wallets: LRUCache<string, readonly BalanceEntry[]>

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
    this.#wallets = new LRUCache({
      maxSize: maxEntries,
      sizeCalculation: ({ length }) => length,
    })
  }

  /** Whoever is looked for counts as used. */
  find(owner: string, mint: string): BalanceEntry | undefined {
    return entryOf(this.#wallets.get(owner), mint)
  }

  has(entry: BalanceEntry): boolean {
    return entryOf(this.#wallets.peek(entry.owner), entry.mint) === entry
  }

  keep(entry: BalanceEntry): void {
    const { owner, mint } = entry
    const others = (this.#wallets.peek(owner) ?? []).filter((other) => other.mint !== mint)
    this.#wallets.set(owner, [entry, ...others].slice(0, this.#maxEntries))
  }
}

function entryOf(entries: readonly BalanceEntry[] | undefined, mint: string): BalanceEntry | undefined {
  if (entries === undefined) return undefined
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at]
    if (entry !== undefined && entry.mint === mint) return entry
  }
  return undefined
}
