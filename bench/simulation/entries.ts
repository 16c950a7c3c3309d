import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type BalanceSource, type Decimal, type Gate, parseDecimal, toGateRequest } from 'sallyport'
import { cached } from 'sallyport/balances'
import { solanaBalances } from 'sallyport/balances/solana'
import { memoryLimits } from 'sallyport/limits'
import { mintSession, mintToken } from 'sallyport/testing'
import { beginNode } from './code/node.js'
import { endedSessions, gateOf, ORIGIN, SECRET, SESSION_SECRET, walletOf } from './endless.js'

// Fewer than any cache keeps, and enough that what is shared by all of them does not show.
const ENTRIES = 5_000
const AT_ONCE = 100
const MINT = 'So11111111111111111111111111111111111111112'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

type Fill = (at: number) => unknown

interface Weighed {
  readonly what: string
  readonly bound: string
  readonly bytes: number
}

const kept = new Set<object>()
const untilEnded = () => ({ signal: new AbortController().signal })
const keyOf = (at: number) => `sk_${createHash('sha256').update(`${at}`).digest('base64url')}`

/** What each cache of a process keeps, its bound, and how many bytes of heap an entry takes, as Markdown. */
export async function weighEntries(): Promise<string> {
  const [counted, uncounted] = [await weighKeys(86_400_000), await weighKeys(undefined)]
  const weighed: readonly Weighed[] = [
    { what: 'API key: record and proof', bound: '`credentialCache.maxEntries`, 10,000', bytes: uncounted },
    ...(await weighTokens()),
    ...(await weighBalances()),
    { what: 'count that is not written yet', bound: '10,000', bytes: counted - uncounted },
    await weighLimits(),
    await weighEndedSessions(),
  ]
  const rows = weighed.map(
    ({ what, bound, bytes }) => `| ${what} | ${bound} | ${bytes.toLocaleString('en')} |`,
  )
  return ['| what | bound | bytes |', '|---|---|---|', ...rows].join('\n')
}

async function weighKeys(flushIntervalMs: number | undefined): Promise<number> {
  const gate = gateOf({ usage: flushIntervalMs === undefined ? false : { flushIntervalMs } })
  return weigh((at) => send(gate, keyOf(at)), gate)
}

async function weighTokens(): Promise<Weighed[]> {
  const [many, one] = [gateOf(), gateOf()]
  const token = (keyId: string, jti: number) =>
    mintToken({ keyId, sharedSecret: SECRET }, { nowMs: Date.now(), claims: { jti: `${jti}` } })
  return [
    {
      what: 'shared secret: record, imported key, proof of one token',
      bound: 'the same',
      bytes: await weigh(async (at) => send(many, await token(`key_${at}`, 0)), many),
    },
    {
      what: 'further token of it: proof',
      bound: 'the same',
      bytes: await weigh(async (at) => send(one, await token('key', at)), one),
    },
  ]
}

async function weighBalances(): Promise<Weighed[]> {
  const minimum: Decimal | undefined = parseDecimal('50000')
  const plain: BalanceSource = cached({
    read: async () => ({ amount: 60_000n, decimals: 6, slot: 250_000_000, exact: true }),
    readMint: async () => ({ decimals: 6 }),
  })
  const bytes = await weigh((at) => plain.read({ mint: MINT, owner: walletOf(at) }, untilEnded()), plain)

  const node = beginNode(2 * ENTRIES, 0)
  const weighAddresses = (solana: BalanceSource) => {
    const read = (at: number) => {
      const owner = node.owners[at] ?? ''
      return solana.read({ mint: node.mint, owner, ...(minimum && { minimum }) }, untilEnded())
    }
    return weigh(read, solana)
  }
  // The node's own texts become lighter when they are first answered.
  await weighAddresses(solanaBalances({ rpcUrl: 'http://node.invalid' }))
  const address = await weighAddresses(solanaBalances({ rpcUrl: 'http://node.invalid' }))
  node.end()
  return [
    { what: 'balance', bound: '`balanceCache.maxEntries`, 100,000', bytes },
    { what: '`solanaBalances`: associated address', bound: '100,000', bytes: address },
  ]
}

async function weighLimits(): Promise<Weighed> {
  const limits = memoryLimits({ account: { requests: 10, windowSeconds: 3_600 } })
  const bytes = await weigh((at) => limits.take('account', `account_${at}`, untilEnded()), limits)
  return { what: '`memoryLimits`: account or address', bound: '100,000 of each kind', bytes }
}

async function weighEndedSessions(): Promise<Weighed> {
  const nowMs = Date.now()
  const gate = gateOf({}, () => endedSessions(ENTRIES))
  const session = { origin: ORIGIN, secret: SESSION_SECRET, wallet: walletOf(1), nowMs }
  const token = await mintSession(session)
  const before = heapUsed()
  await send(gate, token)
  const bytes = Math.round((heapUsed() - before) / ENTRIES)
  await gate.close()
  return { what: 'session that was ended', bound: 'none: until it would have ended by itself', bytes }
}

async function send(gate: Gate, credential: string): Promise<void> {
  const message = { method: 'GET', rawHeaders: ['Authorization', `Bearer ${credential}`], headers: {} }
  const decision = await gate(toGateRequest(message, '/', {}, () => '/v1/proofs/:id'))
  if (decision.type === 'refuse') throw new Error(`nobody was to be refused: ${decision.code}`)
}

/**
 * How many bytes of heap one more entry takes, from what many leave behind.
 *
 * @param keeper - What keeps them, so that it is not collected before it is weighed.
 */
async function weigh(fill: Fill, keeper: object): Promise<number> {
  kept.add(keeper)
  // The first ones make what all share.
  for (let at = 0; at < AT_ONCE; at++) await fill(ENTRIES + at)
  const before = heapUsed()
  for (let at = 0; at < ENTRIES; at += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, next) => fill(at + next)))
  }
  const bytes = (heapUsed() - before) / ENTRIES
  kept.delete(keeper)
  return Math.round(bytes)
}

function heapUsed(): number {
  for (let round = 0; round < 4; round++) collectGarbage()
  return process.memoryUsage().heapUsed
}
