/**
 * Callers of a gate over a real connection to the chain, in a process of their own. Each has one API key and one
 * wallet; a caller's request is made of new objects, as an adapter makes it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type BalanceSource,
  type Clock,
  createGate,
  type Gate,
  type GateRequest,
  toGateRequest,
} from 'sallyport'
import { solanaBalances } from 'sallyport/balances/solana'
import { type MemoryStore, memoryStore } from 'sallyport/stores/memory'
import { manualClock, testWallet } from 'sallyport/testing'
import { answerParent } from '../child.js'
import { MINIMUM, MINT, TTL_MS } from './names.js'

interface Caller {
  readonly key: string
  readonly wallet: string
}

/** What some thousand cold wallets at once have come to. */
export interface BurstReport {
  readonly tookMs: number
}

/** How long each request of a crowd took, from the call to the decision. */
export interface CrowdReport {
  readonly p50Ms: number
  readonly p95Ms: number
}

/** What steady traffic has come to. */
export interface SteadyReport {
  readonly requests: number
  /** Requests after the first of each wallet that waited for the chain. */
  readonly waitedForChain: number
  /** Those that got a promise, for whatever reason. */
  readonly gotPromise: number
  /** Those that were decided by a balance older than it may be without being read anew. */
  readonly stale: number
}

// What is measured shows without a deadline, on a busy machine too.
const PATIENCE_MS = 20_000

const [rpcUrl = ''] = process.argv.slice(2)
let callers: readonly Caller[] = []
let store: MemoryStore = memoryStore()

async function enlist(count: number): Promise<readonly string[]> {
  store = memoryStore()
  const made: Caller[] = []
  for (let at = 0; at < count; at++) {
    const { address: wallet } = testWallet()
    const { key } = await store.issueApiKey({ accountId: `robot-${at}`, wallets: [wallet] })
    made.push({ key, wallet })
  }
  callers = made
  return made.map(({ wallet }) => wallet)
}

/** A gate that has never read anything of the chain. */
function coldGate(balances: BalanceSource, rest: { readonly clock?: Clock; onRead?: () => void } = {}): Gate {
  const { clock, onRead } = rest
  const gate = createGate({
    store,
    balances,
    usage: false,
    portTimeoutMs: PATIENCE_MS,
    ...(clock && { clock }),
    ...(onRead && { onDecision: ({ balance }) => balance === 'read' && onRead() }),
  })
  return gate.with({ balance: { mint: MINT, minimum: MINIMUM, symbol: 'ACTO' } })
}

function requestOf({ key, wallet }: Caller): GateRequest {
  const rawHeaders = ['authorization', `Bearer ${key}`, 'x-wallet-address', wallet]
  const headers = { authorization: `Bearer ${key}`, 'x-wallet-address': wallet }
  return toGateRequest({ method: 'GET', rawHeaders, headers }, '/v1/proofs', {})
}

function callerAt(at: number): Caller {
  const caller = callers[at]
  if (caller === undefined) throw new RangeError(`there are ${callers.length} callers`)
  return caller
}

async function allow(gate: Gate, caller: Caller): Promise<void> {
  const decision = await gate(requestOf(caller))
  if (decision.type !== 'allow') throw new Error(`refused: ${decision.code}`)
}

async function burst(): Promise<BurstReport> {
  const gate = coldGate(solanaBalances({ rpcUrl, timeoutMs: PATIENCE_MS }))
  const startedAt = performance.now()
  await Promise.all(callers.map((caller) => allow(gate, caller)))
  return { tookMs: performance.now() - startedAt }
}

/** What a crowd is, and how many of it come in one turn of the event loop. */
export interface Crowd {
  readonly size: number
  readonly perTurn: number
}

async function crowd({ size, perTurn }: Crowd): Promise<CrowdReport> {
  const gate = coldGate(solanaBalances({ rpcUrl, timeoutMs: PATIENCE_MS }))
  const caller = callerAt(0)
  const tookMs: number[] = []
  async function ask() {
    const startedAt = performance.now()
    await allow(gate, caller)
    tookMs.push(performance.now() - startedAt)
  }
  const asked: Promise<void>[] = []
  while (asked.length < size) {
    for (let at = 0; at < perTurn; at++) asked.push(ask())
    await nextTurn()
  }
  await Promise.all(asked)
  tookMs.sort((a, b) => a - b)
  const quantile = (share: number) => tookMs[Math.ceil(size * share) - 1] ?? Number.NaN
  return { p50Ms: quantile(0.5), p95Ms: quantile(0.95) }
}

/** Knows what is under way, so that the clock stands still until it has landed. */
function watched(source: BalanceSource) {
  let underWay = 0
  const watching: BalanceSource = {
    async read(query, options) {
      underWay++
      try {
        return await source.read(query, options)
      } finally {
        underWay--
      }
    },
    readMint: (mint, options) => source.readMint(mint, options),
  }
  return {
    watching,
    async landed() {
      do await nextTurn()
      while (underWay > 0)
    },
  }
}

const STEP_MS = 1_000
// Each caller comes once in so many steps.
const PERIOD = 5

async function steady(ttls: number): Promise<SteadyReport> {
  const clock = manualClock()
  let [requests, gotPromise, reads, stale] = [0, 0, 0, 0]
  const { watching, landed } = watched(solanaBalances({ rpcUrl, timeoutMs: PATIENCE_MS }))
  const onRead = () => {
    reads++
  }
  const gate = coldGate(watching, { clock, onRead })
  await Promise.all(callers.map((caller) => allow(gate, caller)))
  const first = reads
  for (let step = 1; step <= (ttls * TTL_MS) / STEP_MS; step++) {
    clock.advance(STEP_MS)
    for (let at = step % PERIOD; at < callers.length; at += PERIOD) {
      requests++
      const decision = gate(requestOf(callerAt(at)))
      if (decision instanceof Promise) gotPromise++
      const known = await decision
      if (known.type !== 'allow') throw new Error(`refused: ${known.code}`)
      if (known.access.balance?.freshness === 'stale') stale++
    }
    await landed()
  }
  return { requests, waitedForChain: reads - first, gotPromise, stale }
}

answerParent({
  enlist: (count) => enlist(Number(count)),
  burst,
  crowd: (about) => crowd(about as Crowd),
  steady: (ttls) => steady(Number(ttls)),
})
