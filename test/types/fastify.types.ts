import fastify from 'fastify'
import { createGate } from 'sallyport'
import { getAccess, requireAccess, routes, sallyport } from 'sallyport/fastify'
import 'sallyport/fastify/augment'
import { memoryStore } from 'sallyport/stores/memory'
import { MINT } from '../support/addresses.js'

const gate = createGate({ store: memoryStore() })
const members = gate.with({ balance: { mint: MINT, minimum: '1', symbol: 'ACTO' } })

export async function theFastifyAppCompiles() {
  const app = fastify()
  await app.register(sallyport, { gate, public: ['/health'] })
  await app.register(routes, { gate, check: { balance: members } })
  // @ts-expect-error the gate is required
  await app.register(sallyport, { public: ['/health'] })
  app.get('/open', { config: { sallyport: false } }, async () => ({ ok: true }))
  app.get<{ Params: { id: string } }>(
    '/v1/proofs/:id',
    { onRequest: requireAccess(members) },
    async (request) => {
      const address: string = getAccess(request, members).wallet.address
      const kind: string = request.access.principal.kind
      // @ts-expect-error request.access cannot be assigned
      request.access = getAccess(request)
      return [address, kind, request.params.id]
    },
  )
  return app
}
