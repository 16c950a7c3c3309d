import { LRUCache } from 'lru-cache'
import { BatchModel, type Sky } from './batches.js'
import type { Rules, Seen } from './rules.js'

const DUE_AT_ONCE = 100
const MAX_UNDER_WAY = 3_200

interface Entry {
  readonly wallet: number
  readonly readAtMs: number
  isDue: boolean
}

interface Flight {
  readonly beganMs: number
  /** Entries that are read anew by it. */
  readonly ahead: Entry[]
  /** Requests that wait for it. */
  waiting: number
}

/** What `shared()` keeps for all processes: until when it may be used, by wallet. */
export type SharedBalances = Map<number, number>

/** The balances of one process. Every wallet holds enough, in its associated account. */
export class BalanceModel {
  readonly #rules: Rules
  readonly #seen: Seen
  readonly #shared: SharedBalances
  readonly #decided: (wallet: number, nowMs: number) => void
  readonly #batches: BatchModel
  readonly #entries: LRUCache<number, Entry>
  readonly #flights = new Map<number, Flight>()
  #due: Entry[] = []
  #underWay = 0

  /** @param decided - Is told of every request, as soon as its balance is known. */
  constructor(
    rules: Rules,
    seen: Seen,
    sky: Sky,
    shared: SharedBalances,
    decided: (wallet: number, nowMs: number) => void,
  ) {
    this.#rules = rules
    this.#seen = seen
    this.#shared = shared
    this.#decided = decided
    this.#entries = new LRUCache({ max: rules.maxBalances })
    this.#batches = new BatchModel(rules, seen, sky, (wallet, nowMs) => this.#landed(wallet, nowMs))
  }

  use(wallet: number, nowMs: number): void {
    const { balanceTtlMs, staleWhileRevalidateMs } = this.#rules
    const entry = this.#entries.get(wallet)
    const ageMs = entry === undefined ? Number.POSITIVE_INFINITY : nowMs - entry.readAtMs
    if (entry === undefined || ageMs >= balanceTtlMs + staleWhileRevalidateMs) {
      this.#seen.waited++
      this.#fly(wallet, nowMs)
    } else {
      if (ageMs >= balanceTtlMs / 2) this.#noteUse(entry, ageMs, nowMs)
      this.#decided(wallet, nowMs)
    }
    this.#batches.endTurn(nowMs)
  }

  #noteUse(entry: Entry, ageMs: number, nowMs: number): void {
    if (!entry.isDue) {
      entry.isDue = true
      this.#due.push(entry)
    }
    const isUrgent = ageMs >= (this.#rules.balanceTtlMs * 3) / 4
    if (this.#due.length === 0 || (this.#due.length < DUE_AT_ONCE && !isUrgent)) return
    for (const due of this.#due.splice(0, MAX_UNDER_WAY - this.#underWay)) {
      if (this.#entries.peek(due.wallet) !== due) continue
      this.#underWay++
      this.#fly(due.wallet, nowMs, due)
    }
  }

  #fly(wallet: number, nowMs: number, ahead?: Entry): void {
    const under = this.#flights.get(wallet)
    const flight: Flight = under ?? { beganMs: nowMs, ahead: [], waiting: 0 }
    if (ahead === undefined) flight.waiting++
    else flight.ahead.push(ahead)
    if (under !== undefined) return
    this.#flights.set(wallet, flight)
    const { isShared } = this.#rules
    if (isShared) this.#seen.sharedReads++
    if (isShared && (this.#shared.get(wallet) ?? 0) > nowMs) this.#arrived(wallet, nowMs)
    else this.#batches.read(wallet, nowMs)
  }

  #landed(wallet: number, nowMs: number): void {
    const { isShared, sharedTtlMs, rpcLatencyMs } = this.#rules
    this.#arrived(wallet, nowMs)
    if (!isShared) return
    this.#seen.sharedWrites++
    this.#shared.set(wallet, nowMs + sharedTtlMs - rpcLatencyMs)
  }

  #arrived(wallet: number, nowMs: number): void {
    const flight = this.#flights.get(wallet)
    if (flight === undefined) return
    this.#flights.delete(wallet)
    this.#entries.set(wallet, { wallet, readAtMs: flight.beganMs, isDue: false })
    for (let told = 0; told < flight.waiting; told++) this.#decided(wallet, nowMs)
    for (const entry of flight.ahead) {
      entry.isDue = false
      this.#underWay--
    }
  }
}
