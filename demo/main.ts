/**
 * The main job: a real Solana ledger, the example merchant on Express, Fastify and Koa in turn, and real requests
 * against it. Ends with 0 only when every answer is as the wire contract says.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ledger, openLedger } from '@sallyport/ledger'
import type { DecisionEvent } from 'sallyport'
import { sqliteStore } from 'sallyport/stores/sqlite'
import { startExpress } from '../examples/express.js'
import { startFastify } from '../examples/fastify.js'
import { createGates, type Gates } from '../examples/gates.js'
import { startKoa } from '../examples/koa.js'
import { startRpcProxy } from '../test/support/rpc/counting-proxy.js'
import { skippingClock } from './clock.js'
import { openMarket } from './market.js'
import { perform } from './perform.js'
import { writeScenario } from './scenario.js'
import { formatTable } from './table.js'

const HEADINGS = ['framework', 'request', 'status', 'code', 'decision', 'RPC calls', '']

const FRAMEWORKS: Readonly<Record<string, (gates: Gates, port: number) => Promise<Server>>> = {
  Express: startExpress,
  Fastify: startFastify,
  Koa: startKoa,
}

async function demonstrate(
  framework: string,
  start: (gates: Gates, port: number) => Promise<Server>,
  ledger: Ledger,
): Promise<{ readonly rows: string[][]; readonly complaints: string[] }> {
  const rpc = await startRpcProxy(ledger.rpcUrl)
  const clock = skippingClock()
  const market = await openMarket(ledger)
  // A request that passes two guards is decided twice.
  let decidingMs: number | undefined
  const onDecision = ({ durationMs }: DecisionEvent) => {
    decidingMs = (decidingMs ?? 0) + durationMs
  }
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-demo-'))
  const sealingKeys = [randomBytes(32).toString('base64')]
  const store = sqliteStore({ file: join(folder, 'merchant.db'), sealingKeys, clock })
  const gates = createGates({
    store,
    origin: 'https://merchant.example',
    sessionSecrets: [randomBytes(32).toString('base64url')],
    rpcUrl: rpc.url,
    mint: market.mint,
    clock,
    onDecision,
  })
  await gates.gate.ready()
  const server = await start(gates, 0)
  const { port } = server.address() as AddressInfo

  const rows: string[][] = []
  const complaints: string[] = []
  try {
    for (const step of await writeScenario(gates, { ledger, market, clock, rpc })) {
      decidingMs = undefined
      const { status, code, rpcCalls, complaint } = await perform(step, port, rpc)
      const took = formatMs(decidingMs)
      const verdict = complaint === undefined ? 'ok' : `WRONG: ${complaint}`
      rows.push([framework, step.what, String(status), code || '-', took, String(rpcCalls), verdict])
      if (complaint !== undefined) complaints.push(`${framework}, ${step.what}: ${complaint}`)
    }
  } finally {
    await new Promise((resolve) => server.close(resolve))
    await gates.gate.close()
    await store.close()
    await rm(folder, { recursive: true })
    await rpc.close()
  }
  return { rows, complaints }
}

function formatMs(ms: number | undefined): string {
  return ms === undefined ? '-' : `${ms.toFixed(2)} ms`
}

async function main(): Promise<void> {
  const ledger = await openLedger(process.env.SOLANA_RPC_URL)
  console.log(
    `Solana ledger at ${ledger.rpcUrl}; one mint of 9 decimals and five wallets per framework, keys in a SQLite file.\n`,
  )
  const rows: string[][] = []
  const complaints: string[] = []
  try {
    for (const [framework, start] of Object.entries(FRAMEWORKS)) {
      const result = await demonstrate(framework, start, ledger)
      rows.push(...result.rows)
      complaints.push(...result.complaints)
    }
  } finally {
    ledger.stop()
  }
  console.log(formatTable(HEADINGS, rows))
  console.log(
    complaints.length === 0
      ? `\nAll ${rows.length} answers are as the contract says.`
      : `\n${complaints.length} of ${rows.length} answers are wrong:\n${complaints.join('\n')}`,
  )
  process.exitCode = complaints.length === 0 ? 0 : 1
}

await main()
