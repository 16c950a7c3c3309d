import type { Server } from 'node:http'
import fastify from 'fastify'
import { getAccess, getSpend, requireAccess, reserveSpend, routes, sallyport } from 'sallyport/fastify'
import type { Gates } from './gates.js'
import { createProofs } from './proofs.js'

/** A merchant's backend on Fastify. */
export async function startFastify(
  { gate, members, processors, refunders }: Gates,
  port: number,
): Promise<Server> {
  const app = fastify({ forceCloseConnections: true })
  const proofs = createProofs()

  await app.register(routes, { gate, signIn: true, keys: true, check: { balance: members }, spend: true })
  await app.register(sallyport, { gate, public: ['/health'] })

  app.get('/health', async () => ({ ok: true }))
  app.get('/v1/proofs', { onRequest: requireAccess(members) }, async (request) => {
    const { wallet } = getAccess(request, members)
    return { items: proofs.list(wallet.owns) }
  })
  app.post<{ Body: { taskId: string } }>(
    '/v1/proofs',
    { onRequest: requireAccess(members) },
    async (request, reply) => {
      const { wallet } = getAccess(request, members)
      return reply.code(201).send(proofs.add(wallet.tag({ taskId: String(request.body.taskId) })))
    },
  )
  app.post('/v1/charges', { onRequest: requireAccess(processors) }, async (request) => ({
    charged: true,
    by: getAccess(request, processors).principal.accountId,
  }))
  const spending = reserveSpend(gate, ({ body, native }) => ({
    amountMinor: body.total,
    currency: 'EUR',
    merchant: 'Example Merchant',
    idempotencyKey: native.headers['idempotency-key'],
  }))
  app.post('/v1/orders', { preHandler: spending }, async (request, reply) =>
    reply.code(201).send({ reservation: getSpend(request).reservationId }),
  )
  app.post('/v1/refunds', { onRequest: requireAccess(refunders) }, async () => ({ refunded: true }))

  await app.listen({ port, host: '127.0.0.1' })
  return app.server
}
