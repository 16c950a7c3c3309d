import { setTimeout as delay } from 'node:timers/promises'
import express from 'express'
import {
  apiKey,
  type BalanceSource,
  createGate,
  type GateRequest,
  sharedSecretJwt,
  toGateRequest,
  walletSession,
} from 'sallyport'
import { getAccess, requireAccess } from 'sallyport/express'
import { manualClock } from 'sallyport/testing'
import { createAsyncStore } from './async-store.js'
import { type Friend, furtherToken, makeFriends } from './friends.js'
import { InProcessConnection, type InProcessRequest } from './in-process.js'
import { randomPath, randomWallet, strangers } from './strangers.js'

/** What one sweep of requests has left behind. */
export interface SweepReport {
  readonly requests: number
  readonly seconds: number
  readonly weight: Weight
  readonly grownBytes: number
  readonly heapGrownBytes: number
  readonly statuses: Readonly<Record<string, number>>
  readonly finds: number
  readonly balanceReads: number
  readonly usageRows: number
  readonly routes: readonly string[]
}

/** Of those who were warm before: how many were decided without a promise, and what was asked for meanwhile. */
export interface WarmReport {
  readonly keys: number
  readonly keysAtOnce: number
  readonly tokens: number
  readonly tokensAtOnce: number
  readonly finds: number
  readonly balanceReads: number
}

/** What the child tells. */
export interface MemoryReport {
  /** Resident before the sweeps, with all friends warm. */
  readonly beforeBytes: number
  readonly strangers: SweepReport
  readonly warm: WarmReport
  /** Good callers with wallets that are not theirs, with paths without end, and with tokens without end. */
  readonly friends: SweepReport
  readonly warmAfterwards: WarmReport
}

const ORIGIN = 'https://shop.example'
const MINT = 'So11111111111111111111111111111111111111112'
const FRIENDS_OF_EACH = 50
const CONNECTIONS = 64
// So many requests per millisecond of the gate's clock: all is over before anything that is warm would be old.
const REQUESTS_PER_MS = 100

const clock = manualClock()
const { store, asked } = createAsyncStore(clock)
let balanceReads = 0
const balances: BalanceSource = {
  async read() {
    balanceReads++
    return { amount: 60_000n, decimals: 0, slot: 1, exact: true }
  },
  readMint: async () => ({ decimals: 0 }),
}
const gate = createGate({
  store,
  balances,
  clock,
  methods: [
    apiKey({ prefix: 'acto' }),
    sharedSecretJwt(),
    walletSession({ origin: ORIGIN, secrets: ['the-secret-that-sessions-are-signed-with'] }),
  ],
})
const members = gate.with({ balance: { mint: MINT, minimum: '50000', symbol: 'ACTO' } })
const app = express()
app.use(requireAccess(gate))
app.get('/v1/proofs/:id', requireAccess(members), (req, res) => {
  res.json({ owner: getAccess(req, members).wallet.address })
})
const connections = Array.from({ length: CONNECTIONS }, () => new InProcessConnection(app))

type Weight = Pick<NodeJS.MemoryUsage, 'rss' | 'heapUsed'>

// Always directly after a sweep, and in the same way: after a longer rest the collector gives pages back that it is
// going to need again.
async function settle(): Promise<Weight> {
  // Longer than counts wait to be written.
  await delay(1_500)
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.()
    await delay(50)
  }
  return process.memoryUsage()
}

async function sweep(
  requests: number,
  weightBefore: Weight,
  requestOf: (at: number) => InProcessRequest,
): Promise<SweepReport> {
  const statuses: Record<string, number> = {}
  const before = { ...asked, balanceReads }
  const routesBefore = new Set(asked.routes)
  const startedMs = performance.now()
  let next = 0
  const run = async (connection: InProcessConnection) => {
    for (let at = next++; at < requests; at = next++) {
      if (at % REQUESTS_PER_MS === 0) clock.advance(1)
      const status = await connection.send(requestOf(at))
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  await Promise.all(connections.map(run))
  const seconds = (performance.now() - startedMs) / 1_000
  const after = await settle()
  return {
    requests,
    seconds,
    weight: after,
    grownBytes: after.rss - weightBefore.rss,
    heapGrownBytes: after.heapUsed - weightBefore.heapUsed,
    statuses,
    finds: asked.finds - before.finds,
    balanceReads: balanceReads - before.balanceReads,
    usageRows: asked.usageRows - before.usageRows,
    routes: [...asked.routes].filter((route) => !routesBefore.has(route)),
  }
}

const proof = ({ credential, wallet }: Friend) => ({ credential, wallet, path: '/v1/proofs/1' })

function gateRequestOf({ credential, wallet }: Friend): GateRequest {
  const rawHeaders = ['Authorization', `Bearer ${credential}`, 'X-Wallet-Address', wallet]
  return toGateRequest({ method: 'GET', rawHeaders, headers: {} }, '/v1/proofs/1', {})
}

async function lookAtFriends(friends: readonly Friend[]): Promise<WarmReport> {
  // The feed of changes may not have been heard for a while: whoever comes first waits for it.
  for (const friend of friends.slice(0, 2)) await members(gateRequestOf(friend))
  const [findsBefore, readsBefore] = [asked.finds, balanceReads]
  const atOnce = { key: 0, token: 0 }
  for (const friend of friends) {
    const answer = members(gateRequestOf(friend))
    const decision = await answer
    if (decision.type !== 'allow') throw new Error(`a friend was refused: ${decision.code}`)
    if (answer === decision) atOnce[friend.pair === undefined ? 'key' : 'token']++
  }
  return {
    keys: friends.filter(({ pair }) => pair === undefined).length,
    keysAtOnce: atOnce.key,
    tokens: friends.filter(({ pair }) => pair !== undefined).length,
    tokensAtOnce: atOnce.token,
    finds: asked.finds - findsBefore,
    balanceReads: balanceReads - readsBefore,
  }
}

function pick<T>(all: readonly T[], at: number): T {
  const picked = all[at % all.length]
  if (picked === undefined) throw new RangeError('there is nothing to pick from')
  return picked
}

async function main(requests: number): Promise<MemoryReport> {
  const friends = await makeFriends(store, FRIENDS_OF_EACH, clock.wallMs())
  // Until the code is compiled and the young generation has its size.
  const { weight } = await sweep(20_000, await settle(), (at) => proof(pick(friends, at)))
  const kinds = strangers(ORIGIN, friends)
  const ofStrangers = await sweep(requests, weight, (at) => pick(kinds, at)(clock.wallMs()))
  const warm = await lookAtFriends(friends)
  const ofFriends = await sweep(requests / 4, ofStrangers.weight, (at) => {
    const friend = pick(friends, Math.floor(at / 3))
    if (at % 3 === 0) return { ...proof(friend), wallet: randomWallet() }
    if (at % 3 === 1 || friend.pair === undefined) return { ...proof(friend), path: randomPath() }
    return { ...proof(friend), credential: furtherToken(friend.pair, clock.wallMs()) }
  })
  const warmAfterwards = await lookAtFriends(friends)
  await gate.close()
  return { beforeBytes: weight.rss, strangers: ofStrangers, warm, friends: ofFriends, warmAfterwards }
}

const report = await main(Number(process.argv[2]))
process.send?.(report)
process.disconnect?.()
