/**
 * One instance of a service: `node instance.js`, with its settings in the environment. It talks to the test that started
 * it over IPC, and does not outlive it.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { apiKey, createGate, type DecisionEvent, sharedSecretJwt, walletSession } from 'sallyport'
import { getAccess, requireAccess, reserveSpend, routes } from 'sallyport/express'
import { openStore } from './open-store.js'
import {
  type Call,
  type InstanceSpec,
  type InstanceVerbs,
  ORDERS,
  ORIGIN,
  type Report,
  SPEC_VARIABLE,
  WHOAMI,
} from './spec.js'

process.once('disconnect', () => process.exit())

const spec = JSON.parse(process.env[SPEC_VARIABLE] ?? '{}') as InstanceSpec
const opened = await openStore(spec.store, spec.sealingKeys)
const { store } = opened
const events: DecisionEvent[] = []
const gate = createGate({
  store,
  methods: [
    apiKey(),
    sharedSecretJwt(),
    walletSession({ origin: ORIGIN, secrets: spec.sessionSecrets, sessionTtlSeconds: 86_400 }),
  ],
  ...(spec.flushIntervalMs !== undefined && { usage: { flushIntervalMs: spec.flushIntervalMs } }),
  ...(spec.portTimeoutMs !== undefined && { portTimeoutMs: spec.portTimeoutMs }),
  ...(spec.spend !== undefined && { spend: spec.spend }),
  ...(spec.keepsEvents === true && { onDecision: (event: DecisionEvent) => events.push(event) }),
})

const app = express()
app.use(routes(gate, { signIn: true, keys: { maxPerAccount: 10_000 }, spend: true }))
app.get(WHOAMI, requireAccess(gate), (req, res) => {
  const { accountId, credentialId } = getAccess(req).principal
  // All instances are on one machine: their clocks are one.
  res.json({ accountId, credentialId, decidedAtMs: Date.now() })
})

let ordersRun = 0
const spending = reserveSpend(gate, ({ body: { amount, key } }) => ({
  amountMinor: amount,
  currency: 'EUR',
  idempotencyKey: key,
}))
app.post(ORDERS, requireAccess(gate), express.json(), spending, (req, res) => {
  ordersRun++
  if (req.body.hangs !== true) res.json({ ordersRun })
})

const verbs: InstanceVerbs = {
  ready: () => gate.ready(),
  revoke: (target) => gate.revoke(target),
  issueApiKey: (grant) => store.issueApiKey(grant),
  issueSharedSecret: (grant) => store.issueSharedSecret(grant),
  rotateSharedSecret: (id, options) => store.rotateSharedSecret(id, options),
  events: async () => events,
  ordersRun: async () => ordersRun,
  async health() {
    globalThis.gc?.()
    const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    return { heapBytes: process.memoryUsage().heapUsed, sockets, waiting: opened.waiting() }
  },
  async close() {
    await gate.close()
    await opened.close()
  },
}

function report(message: Report): void {
  if (process.connected) process.send?.(message)
}

process.on('message', (message) => {
  const { id, verb, parameters } = message as Call
  const run = verbs[verb] as (...values: readonly unknown[]) => Promise<unknown>
  run(...parameters).then(
    (value) => report({ is: 'done', id, value }),
    (error: Error & { readonly code?: string }) =>
      report({ is: 'failed', id, message: error.message, code: error.code }),
  )
})

const server = createServer(app)
// A connection that is closed for idleness just as it is used again would look like a failure.
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  report({ is: 'listening', origin: `http://127.0.0.1:${port}` })
})
