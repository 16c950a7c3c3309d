import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Figure, Scale, Scenario } from '../scenario.js'
import type { MemoryReport, SweepReport, WarmReport } from './memory/child.js'

const MIB = 1_048_576
const LIMIT_MIB = 32

/**
 * What strangers without end leave behind. In a process of its own, which collects its garbage before it is weighed;
 * through Express over messages without a network; the gate's clock is moved so that nothing warm grows old meanwhile.
 */
export const memory: Scenario = {
  name: 'memory',
  async run({ isQuick }: Scale): Promise<readonly Figure[]> {
    const { beforeBytes, strangers, warm, friends, warmAfterwards } = await weigh(
      isQuick ? 100_000 : 1_000_000,
    )
    return [
      {
        what: '1,000,000 random credentials, wallets and paths: resident memory grows by',
        target: `< ${LIMIT_MIB} MiB`,
        measured: growth(strangers, isQuick),
        isMet: strangers.grownBytes < LIMIT_MIB * MIB,
        note: `from ${mib(beforeBytes)} MiB; ${said(strangers)}`,
      },
      {
        what: 'the same: warm credentials stay warm',
        target: 'all decided at once, nothing read',
        measured: warmth(warm),
        isMet: isWarm(warm),
        note: `afterwards, when good callers had made tokens without end: ${warmth(warmAfterwards)}`,
      },
      {
        what: 'good callers with foreign wallets, paths without end, tokens without end: resident memory grows by',
        target: `< ${LIMIT_MIB} MiB`,
        measured: `${growth(friends, isQuick)}; ${friends.routes.length} routes counted, ${friends.balanceReads} readings of the chain`,
        isMet:
          friends.grownBytes < LIMIT_MIB * MIB && friends.routes.length <= 3 && friends.balanceReads === 0,
        note: `routes: ${friends.routes.join(', ') || 'none that were not there before'}; ${said(friends)}`,
      },
    ]
  },
}

function weigh(requests: number): Promise<MemoryReport> {
  const path = fileURLToPath(new URL('./memory/child.js', import.meta.url))
  return new Promise((resolve, reject) => {
    const child = fork(path, [String(requests)], { execArgv: ['--expose-gc'] })
    let report: MemoryReport | undefined
    child.once('message', (message) => {
      report = message as MemoryReport
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (report === undefined) reject(new Error(`the process that is weighed ended with ${code}`))
      else resolve(report)
    })
  })
}

function growth({ grownBytes, requests }: SweepReport, isQuick: boolean): string {
  const sent = isQuick ? ` (${requests.toLocaleString('en')} of them)` : ''
  return `${mib(grownBytes)} MiB${sent}`
}

function said({ requests, seconds, heapGrownBytes, statuses, finds, balanceReads, usageRows }: SweepReport) {
  const answers = Object.entries(statuses).map(([status, count]) => `${count} x ${status}`)
  const asked = `${finds} reads of the store, ${balanceReads} of the chain, ${usageRows} rows of usage`
  return `${requests} requests in ${Math.round(seconds)} s (${answers.join(', ')}); heap grew by ${mib(heapGrownBytes)} MiB; ${asked}`
}

function warmth({ keys, keysAtOnce, tokens, tokensAtOnce, finds, balanceReads }: WarmReport): string {
  const atOnce = `${keysAtOnce} of ${keys} keys, ${tokensAtOnce} of ${tokens} tokens`
  return `${atOnce}, ${finds} reads of the store, ${balanceReads} of the chain`
}

function isWarm({ keys, keysAtOnce, tokens, tokensAtOnce, finds, balanceReads }: WarmReport): boolean {
  return keysAtOnce === keys && tokensAtOnce === tokens && finds === 0 && balanceReads === 0
}

const mib = (bytes: number) => (bytes / MIB).toFixed(1)
