import { BalanceModel, type SharedBalances } from './balances.js'
import { Sky } from './batches.js'
import { CredentialModel } from './credentials.js'
import { nothingSeen, type Rules, type Seen } from './rules.js'
import { arrivals, type Traffic } from './traffic.js'
import { UsageModel } from './usage.js'

/** How long a fleet is looked at. */
export interface Span {
  /** Before anything is counted, in milliseconds. */
  readonly warmUpMs: number
  /** How many requests are counted at least. */
  readonly requests: number
  /** For how long they are, at least, in milliseconds. */
  readonly leastMs: number
}

/** What was seen, and for how long. */
export interface Observation {
  readonly seen: Seen
  readonly seconds: number
}

/** Sends traffic through a fleet of processes. */
export function simulate(traffic: Traffic, rules: Rules, span: Span): Observation {
  const seen = nothingSeen()
  const shared: SharedBalances = new Map()
  const sky = new Sky()
  const processes = Array.from({ length: traffic.processes }, () => {
    const usage = new UsageModel(rules, seen)
    const decided = (wallet: number, nowMs: number) => usage.count(wallet, nowMs)
    const balances = new BalanceModel(rules, seen, sky, shared, decided)
    return { credentials: new CredentialModel(rules, seen), usage, balances }
  })

  let isWarm = false
  for (const { atMs, wallet, process } of arrivals(traffic)) {
    sky.landUntil(atMs)
    if (!isWarm && atMs >= span.warmUpMs) {
      isWarm = true
      Object.assign(seen, nothingSeen())
    }
    const countedMs = atMs - span.warmUpMs
    if (isWarm && seen.requests >= span.requests && countedMs >= span.leastMs) {
      for (const { usage } of processes) usage.flushUntil(atMs)
      return { seen, seconds: countedMs / 1_000 }
    }
    const at = processes[process]
    if (at === undefined) throw new RangeError(`there is no process ${process}`)
    seen.requests++
    at.credentials.use(wallet, atMs)
    at.balances.use(wallet, atMs)
  }
  throw new Error('traffic never ends')
}
