import { type Child, startChild } from '../child.js'
import type { BurstReport, Crowd, CrowdReport, SteadyReport } from '../rpc/callers.js'
import { ENOUGH, MINT } from '../rpc/names.js'
import type { RpcCounts } from '../rpc/server.js'
import type { Figure, Scale, Scenario } from '../scenario.js'
import { formatSummary, summarize } from '../statistics.js'

const WALLETS = 1_000
const MOST_REQUESTS = 12
const CROWD = 10_000
// As they come by sockets: some in each turn of the event loop.
const PER_TURN = 100
const UPSTREAM_MS = 250
const MOST_P95_MS = 1.5 * UPSTREAM_MS
const TTLS = 10

/** What the chain is asked, and who waits for it: a gate with the real library over a node in another process. */
export const chain: Scenario = {
  name: 'chain',
  async run(scale: Scale): Promise<readonly Figure[]> {
    const rpc = startChild('rpc/server.js')
    try {
      const callers = startChild('rpc/callers.js', [await rpc.ask<string>('listen')])
      try {
        const wallets = await callers.ask<readonly string[]>('enlist', WALLETS)
        await rpc.ask('hold', { mint: MINT, wallets, amount: ENOUGH })
        return [
          await burstFigure(rpc, callers, scale),
          await crowdFigure(rpc, callers, scale),
          await steadyFigure(rpc, callers),
        ]
      } finally {
        await callers.stop()
      }
    } finally {
      await rpc.stop()
    }
  },
}

async function burstFigure(rpc: Child, callers: Child, { isQuick }: Scale): Promise<Figure> {
  const counts: number[] = []
  const tookMs: number[] = []
  for (let round = 0; round < (isQuick ? 3 : 7); round++) {
    const report = await callers.ask<BurstReport>('burst')
    counts.push(total(await rpc.ask<RpcCounts>('count')))
    tookMs.push(report.tookMs)
  }
  const most = Math.max(...counts)
  return {
    what: '1,000 cold wallets at once, enough in their associated account: RPC requests',
    target: `<= ${MOST_REQUESTS}`,
    measured: [...new Set(counts)].join(', '),
    isMet: most <= MOST_REQUESTS,
    note: `the mint was cold too; all were let in within ${formatSummary(summarize(tookMs), 0)} ms, most of it spent on finding their addresses`,
  }
}

async function crowdFigure(rpc: Child, callers: Child, { rounds }: Scale): Promise<Figure> {
  await rpc.ask('delay', UPSTREAM_MS)
  const counts: number[] = []
  const p95s: number[] = []
  const p50s: number[] = []
  const p95sAtOnce: number[] = []
  async function come(perTurn: number): Promise<CrowdReport> {
    const crowd: Crowd = { size: CROWD, perTurn }
    const report = await callers.ask<CrowdReport>('crowd', crowd)
    counts.push(total(await rpc.ask<RpcCounts>('count')))
    return report
  }
  // The first round is the first of its kind in its process.
  for (let round = -1; round < rounds; round++) {
    const { p50Ms, p95Ms } = await come(PER_TURN)
    const atOnce = await come(CROWD)
    if (round < 0) continue
    p50s.push(p50Ms)
    p95s.push(p95Ms)
    p95sAtOnce.push(atOnce.p95Ms)
  }
  await rpc.ask('delay', 0)
  const p95 = summarize(p95s)
  const most = Math.max(...counts)
  return {
    what: `10,000 in-process requests for one cold wallet, ${UPSTREAM_MS} ms upstream: RPC requests; p95`,
    target: `1; <= ${MOST_P95_MS} ms`,
    measured: `${most}; ${formatSummary(p95, 0)} ms`,
    isMet: most === 1 && p95.median <= MOST_P95_MS,
    note: `${PER_TURN} in each turn of the event loop; p50 ${formatSummary(summarize(p50s), 0)} ms; p95 where all come in one turn ${formatSummary(summarize(p95sAtOnce), 0)} ms`,
  }
}

async function steadyFigure(rpc: Child, callers: Child): Promise<Figure> {
  const report = await callers.ask<SteadyReport>('steady', TTLS)
  const counts = await rpc.ask<RpcCounts>('count')
  const { requests, waitedForChain, gotPromise, stale } = report
  return {
    what: `steady traffic on 1,000 wallets for ${TTLS} TTLs: requests after the first that wait for the chain`,
    target: '0',
    measured: `${waitedForChain} of ${requests.toLocaleString('en')}; ${total(counts)} RPC requests`,
    isMet: waitedForChain === 0,
    note: `each wallet every 5 s; ${gotPromise} got a promise for any reason, ${stale} a stale balance; ${listed(counts)}`,
  }
}

function total(counts: RpcCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

function listed(counts: RpcCounts): string {
  return Object.entries(counts)
    .map(([method, count]) => `${method} ${count}`)
    .join(', ')
}
