/** The process that Surfpool runs in: `node surfpool-process.js <path of the native build>`, over IPC. */
import { createRequire } from 'node:module'
import type { SurfpoolReport } from './surfpool.js'

/** The part of Surfpool's native class that is used here. The package ships no types of its own. */
interface Surfnet {
  readonly rpcUrl: string
  readonly payerSecretKey: readonly number[]
  /** Takes what Surfpool has to tell. It holds 1,024 events and falls silent for ever when nobody takes them. */
  drainEvents(): unknown
}

interface SurfnetConfig {
  readonly offline: boolean
  /** The payer's endowment in lamports. The start fails above what Surfpool's faucet holds: 1e14 works, 1e15 not. */
  readonly airdropSol: number
}

interface SurfpoolBinding {
  readonly Surfnet: { startWithConfig(config: SurfnetConfig): Surfnet }
}

const payerLamports = 1e14
// Untouched, the 1,024 events are reached some 80 seconds after the start.
const drainMs = 200

function report(message: SurfpoolReport): void {
  process.send?.(message)
}

process.on('disconnect', () => process.exit())

try {
  const path = process.argv[2] ?? ''
  const { Surfnet } = createRequire(import.meta.url)(path) as SurfpoolBinding
  const surfnet = Surfnet.startWithConfig({ offline: true, airdropSol: payerLamports })
  // Ctrl-C reaches the whole process group; the parent decides when the ledger ends.
  process.on('SIGINT', () => undefined)
  setInterval(() => surfnet.drainEvents(), drainMs)
  report({ rpcUrl: surfnet.rpcUrl, payerSecretKey: surfnet.payerSecretKey })
} catch (error) {
  report({ error: String(error) })
}
