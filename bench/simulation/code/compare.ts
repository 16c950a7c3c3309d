import { simulate } from '../fleet.js'
import { DEFAULT_RULES, nothingSeen, type Rules, type Seen } from '../rules.js'
import type { Traffic } from '../traffic.js'
import { observe } from './fleet.js'

/** One thing that is counted, by the model and by the code. */
export interface Comparison {
  readonly name: string
  readonly what: keyof Seen
  readonly model: number
  readonly code: number
}

interface Point {
  readonly name: string
  readonly traffic: Traffic
  readonly rules: Rules
}

const REQUESTS = 6_000
const TRAFFIC: Traffic = {
  processes: 3,
  wallets: 300,
  shape: 'zipf',
  requestsPerSecond: 40,
  isSticky: false,
}

const POINTS: readonly Point[] = [
  { name: 'as a gate is by default', traffic: TRAFFIC, rules: DEFAULT_RULES },
  {
    name: 'shared(), and bounds that are too small',
    traffic: TRAFFIC,
    rules: { ...DEFAULT_RULES, isShared: true, maxCredentials: 50, maxBalances: 60, flushIntervalMs: 5_000 },
  },
]

/** Runs the model and the code on the same traffic. */
export async function compare(): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = []
  for (const { name, traffic, rules } of POINTS) {
    const { seen: model } = simulate(traffic, rules, { warmUpMs: 0, requests: REQUESTS, leastMs: 0 })
    const code = await observe(traffic, rules, REQUESTS)
    for (const what of Object.keys(nothingSeen()) as (keyof Seen)[]) {
      // Whether somebody waited is not seen from outside.
      if (what !== 'waited') comparisons.push({ name, what, model: model[what], code: code[what] })
    }
  }
  return comparisons
}
