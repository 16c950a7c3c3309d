import { type Observation, simulate } from './fleet.js'
import { DEFAULT_RULES, type Rules } from './rules.js'
import type { Traffic } from './traffic.js'

const MILLION = 1_000_000

/** Prints rows under one another, as Markdown. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

/** To three digits: more would say more than a model knows. */
function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })
}

function share(part: number, whole: number): string {
  const percent = (100 * part) / whole
  return `${percent < 0.05 ? '0' : percent.toFixed(1)} %`
}

// Half of what is told of: the rest would take as long and say the same.
const COUNTED = MILLION / 2
const COLD_MS = 120_000

type Shape = Pick<Traffic, 'wallets' | 'shape' | 'requestsPerSecond'>
const SHAPES: readonly Shape[] = [
  { shape: 'uniform', wallets: 10_000, requestsPerSecond: 1_000 },
  { shape: 'zipf', wallets: 100_000, requestsPerSecond: 1_000 },
  { shape: 'zipf', wallets: 100_000, requestsPerSecond: 10_000 },
]
const PROCESSES = [1, 4, 16, 64]

/** What others see of a million requests, by traffic and number of processes. */
export function perMillionRequests(): string {
  const head = [
    'wallets',
    'requests/s',
    'processes',
    'credential reads',
    'feed polls',
    'usage batches (counts)',
    'RPC requests (wallets)',
    'waited for the chain',
    '`shared()`: Redis calls',
    '`shared()`: RPC requests (wallets)',
  ]
  const rows = SHAPES.flatMap(({ shape, wallets, requestsPerSecond }) =>
    PROCESSES.map((processes) => {
      const traffic: Traffic = { shape, wallets, processes, requestsPerSecond, isSticky: false }
      const span = { warmUpMs: COLD_MS, requests: COUNTED, leastMs: 0 }
      const { seen } = simulate(traffic, DEFAULT_RULES, span)
      const each = (count: number) => rounded((count * MILLION) / seen.requests)
      const { seen: withShared } = simulate(traffic, { ...DEFAULT_RULES, isShared: true }, span)
      return [
        `${wallets.toLocaleString('en')} ${shape === 'zipf' ? 'by Zipf' : 'alike'}`,
        requestsPerSecond.toLocaleString('en'),
        `${processes}`,
        each(seen.credentialReads),
        each(seen.feedPolls),
        `${each(seen.usageBatches)} (${each(seen.usageCounts)})`,
        `${each(seen.rpcRequests)} (${each(seen.walletsRead)})`,
        share(seen.waited, seen.requests),
        each(withShared.sharedReads + withShared.sharedWrites),
        `${each(withShared.rpcRequests)} (${each(withShared.walletsRead)})`,
      ]
    }),
  )
  return markdown(head, rows)
}

interface Knob {
  readonly name: string
  readonly traffic?: Partial<Traffic>
  readonly rules?: Partial<Rules>
}

const BUSY: Traffic = {
  shape: 'uniform',
  wallets: MILLION,
  processes: 16,
  requestsPerSecond: MILLION / 60,
  isSticky: false,
}
const ROOM = { maxCredentials: 100_000 }
const KNOBS: readonly Knob[] = [
  { name: 'as by default' },
  { name: '64 processes', traffic: { processes: 64 } },
  { name: '`shared()`', rules: { isShared: true } },
  { name: '`shared()`, its `ttlMs` 60,000', rules: { isShared: true, sharedTtlMs: 60_000 } },
  { name: '`flushIntervalMs` 10,000', rules: { flushIntervalMs: 10_000 } },
  { name: 'sticky routing', traffic: { isSticky: true } },
  { name: 'sticky, `credentialCache.maxEntries` 100,000', traffic: { isSticky: true }, rules: ROOM },
  {
    name: 'the same, `balanceCache.ttlMs` 120,000',
    traffic: { isSticky: true },
    rules: { ...ROOM, balanceTtlMs: 120_000 },
  },
]

/** What others see in a second of a million wallets, each active once a minute, and what moves it. */
export function millionActiveWallets(): string {
  const head = [
    '',
    'credential reads',
    'feed polls',
    'usage batches (counts)',
    'RPC requests (wallets)',
    'waited for the chain',
    'Redis calls',
  ]
  const rows = KNOBS.map(({ name, traffic, rules }) => {
    const all = { ...DEFAULT_RULES, ...rules }
    const span = { warmUpMs: 2 * all.balanceTtlMs, requests: 0, leastMs: 30_000 }
    return [name, ...perSecond(simulate({ ...BUSY, ...traffic }, all, span))]
  })
  return markdown(head, rows)
}

function perSecond({ seen, seconds }: Observation): string[] {
  const each = (count: number) => rounded(count / seconds)
  return [
    each(seen.credentialReads),
    each(seen.feedPolls),
    `${each(seen.usageBatches)} (${each(seen.usageCounts)})`,
    `${each(seen.rpcRequests)} (${each(seen.walletsRead)})`,
    share(seen.waited, seen.requests),
    each(seen.sharedReads + seen.sharedWrites),
  ]
}
