import type { Rules, Seen } from './rules.js'

const FULL = 100
// Until the mint is known a wallet takes two places of the hundred, and the mint one.
const FULL_AT_FIRST = 49
const MAX_PARTIAL = 2

interface Call {
  readonly landsAtMs: number
  readonly from: BatchModel
  readonly wallets: readonly number[]
  readonly isPartial: boolean
}

/** Calls that are under way, of all processes. All take equally long, so the first to go is the first to land. */
export class Sky {
  #calls: Call[] = []
  #next = 0

  add(call: Call): void {
    this.#calls.push(call)
  }

  /** Lets everything land that lands by then, in order. */
  landUntil(nowMs: number): void {
    for (;;) {
      const call = this.#calls[this.#next]
      if (call === undefined || call.landsAtMs > nowMs) break
      this.#next++
      call.from.land(call)
    }
    if (this.#next < 10_000) return
    this.#calls = this.#calls.slice(this.#next)
    this.#next = 0
  }
}

/** How one process shares requests to a node between wallets: up to a hundred of one turn of the event loop. */
export class BatchModel {
  readonly #rules: Rules
  readonly #seen: Seen
  readonly #sky: Sky
  readonly #landed: (wallet: number, nowMs: number) => void
  #waiting: number[] = []
  #partials = 0
  #mint: 'unknown' | 'asked' | 'known' = 'unknown'

  constructor(rules: Rules, seen: Seen, sky: Sky, landed: (wallet: number, nowMs: number) => void) {
    this.#rules = rules
    this.#seen = seen
    this.#sky = sky
    this.#landed = landed
  }

  read(wallet: number, nowMs: number): void {
    this.#waiting.push(wallet)
    this.#sendFull(nowMs)
  }

  endTurn(nowMs: number): void {
    if (this.#waiting.length === 0) return
    this.#sendFull(nowMs)
    if (this.#waiting.length > 0 && this.#most() > 0 && this.#partials < MAX_PARTIAL) {
      this.#send(this.#most(), nowMs)
    }
  }

  land({ landsAtMs, wallets, isPartial }: Call): void {
    this.#mint = 'known'
    for (const wallet of wallets) this.#landed(wallet, landsAtMs)
    if (isPartial) this.#partials--
    this.endTurn(landsAtMs)
  }

  #most(): number {
    return this.#mint === 'known' ? FULL : this.#mint === 'unknown' ? FULL_AT_FIRST : 0
  }

  #sendFull(nowMs: number): void {
    for (let size = this.#most(); size > 0 && this.#waiting.length >= size; size = this.#most()) {
      this.#send(size, nowMs)
    }
  }

  #send(size: number, nowMs: number): void {
    const wallets = this.#waiting.slice(0, size)
    this.#waiting = this.#waiting.slice(size)
    const isPartial = wallets.length < size
    if (isPartial) this.#partials++
    if (this.#mint === 'unknown') this.#mint = 'asked'
    this.#seen.rpcRequests++
    this.#seen.walletsRead += wallets.length
    this.#sky.add({ landsAtMs: nowMs + this.#rules.rpcLatencyMs, from: this, wallets, isPartial })
  }
}
