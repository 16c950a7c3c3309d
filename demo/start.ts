/** Keeps one example server running over a local Solana ledger and prints requests to paste. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { openLedger } from '@sallyport/ledger'
import { memoryStore } from 'sallyport/stores/memory'
import { startExpress } from '../examples/express.js'
import { createGates } from '../examples/gates.js'
import { openMarket } from './market.js'
import { mintByHand } from './tokens.js'

const ledger = await openLedger(process.env.SOLANA_RPC_URL)
const { mint, rich, poor } = await openMarket(ledger)
const wanted = Number(process.env.PORT ?? 3000)
const gates = createGates({
  store: memoryStore(),
  origin: `http://127.0.0.1:${wanted}`,
  sessionSecrets: [randomBytes(32).toString('base64url')],
  rpcUrl: ledger.rpcUrl,
  mint,
})
await gates.gate.ready()
const server = await startExpress(gates, wanted).catch(giveUp)
const { port } = server.address() as AddressInfo
const origin = `http://127.0.0.1:${port}`

const richKey = await gates.store.issueApiKey({
  prefix: 'acto',
  accountId: 'robot-fleet',
  wallets: [rich.address],
})
const poorKey = await gates.store.issueApiKey({
  prefix: 'acto',
  accountId: 'hobbyist',
  wallets: [poor.address],
})
const processor = await gates.store.issueSharedSecret({ accountId: 'acme-pay', role: 'processor' })

console.log(`The example merchant (Express) listens on ${origin}, over a Solana ledger at ${ledger.rpcUrl}.
Everything lives until Ctrl+C; the keys below work only here.

# A robot whose wallet holds 125000 ACTO stores a record and reads its own back
curl -s -w '\\n' -X POST ${origin}/v1/proofs -H 'Authorization: Bearer ${richKey.key}' -H 'X-Wallet-Address: ${rich.address}' -H 'Content-Type: application/json' -d '{"taskId":"weld-17"}'
curl -s -w '\\n' ${origin}/v1/proofs -H 'Authorization: Bearer ${richKey.key}' -H 'X-Wallet-Address: ${rich.address}'

# A wallet of 25000 ACTO is refused, and may ask why
curl -si -w '\\n' ${origin}/v1/proofs -H 'Authorization: Bearer ${poorKey.key}' -H 'X-Wallet-Address: ${poor.address}'
curl -s -w '\\n' -X POST ${origin}/v1/access/check -H 'Authorization: Bearer ${poorKey.key}' -H 'X-Wallet-Address: ${poor.address}' -H 'Content-Type: application/json' -d '{"owner":"${poor.address}"}'

# Naming somebody else's wallet gets nowhere
curl -si -w '\\n' ${origin}/v1/proofs -H 'Authorization: Bearer ${poorKey.key}' -H 'X-Wallet-Address: ${rich.address}'

# A payment processor with a token of its own making (valid for an hour)
curl -s -w '\\n' -X POST ${origin}/v1/charges -H 'Authorization: Bearer ${mintByHand(processor)}'
`)

process.once('SIGINT', () => {
  server.close()
  server.closeAllConnections()
  ledger.stop()
})

function giveUp(error: NodeJS.ErrnoException & { readonly port?: number }): never {
  ledger.stop()
  if (error.code !== 'EADDRINUSE') throw error
  console.error(`Port ${error.port} is in use. Choose another: PORT=3055 npm start`)
  process.exit(1)
}
