import type { Server } from 'node:http'
import express from 'express'
import { getAccess, getSpend, requireAccess, reserveSpend, routes } from 'sallyport/express'
import type { Gates } from './gates.js'
import { createProofs } from './proofs.js'

/** A merchant's backend on Express. */
export function startExpress({ gate, members, processors, refunders }: Gates, port: number): Promise<Server> {
  const app = express()
  const proofs = createProofs()

  app.use(routes(gate, { signIn: true, keys: true, check: { balance: members }, spend: true }))
  app.use(requireAccess(gate, { public: ['/health'] }))
  app.use(express.json())

  app.get('/health', (_req, res) => {
    res.json({ ok: true })
  })
  app.get('/v1/proofs', requireAccess(members), (req, res) => {
    const { wallet } = getAccess(req, members)
    res.json({ items: proofs.list(wallet.owns) })
  })
  app.post('/v1/proofs', requireAccess(members), (req, res) => {
    const { wallet } = getAccess(req, members)
    res.status(201).json(proofs.add(wallet.tag({ taskId: String(req.body.taskId) })))
  })
  app.post('/v1/charges', requireAccess(processors), (req, res) => {
    res.json({ charged: true, by: getAccess(req, processors).principal.accountId })
  })
  const spending = reserveSpend(gate, ({ body, native }) => ({
    amountMinor: body.total,
    currency: 'EUR',
    merchant: 'Example Merchant',
    idempotencyKey: native.get('Idempotency-Key'),
  }))
  app.post('/v1/orders', spending, (req, res) => {
    res.status(201).json({ reservation: getSpend(req).reservationId })
  })
  app.post('/v1/refunds', requireAccess(refunders), (_req, res) => {
    res.json({ refunded: true })
  })

  return new Promise((resolve, reject) => {
    // Express 5 calls back with what went wrong, such as a port that is in use.
    const server = app.listen(port, '127.0.0.1', (error) => (error ? reject(error) : resolve(server)))
  })
}
