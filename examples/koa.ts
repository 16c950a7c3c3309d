import type { Server } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import { getAccess, getSpend, requireAccess, reserveSpend, routes } from 'sallyport/koa'
import type { Gates } from './gates.js'
import { createProofs } from './proofs.js'

/** A merchant's backend on Koa. */
export function startKoa({ gate, members, processors, refunders }: Gates, port: number): Promise<Server> {
  const app = new Koa()
  const router = new Router()
  const proofs = createProofs()

  app.use(routes(gate, { signIn: true, keys: true, check: { balance: members }, spend: true }))
  app.use(requireAccess(gate, { public: ['/health'] }))

  router.get('/health', (ctx) => {
    ctx.body = { ok: true }
  })
  router.get('/v1/proofs', requireAccess(members), (ctx) => {
    const { wallet } = getAccess(ctx, members)
    ctx.body = { items: proofs.list(wallet.owns) }
  })
  router.post('/v1/proofs', requireAccess(members), parseJson, (ctx) => {
    const { wallet } = getAccess(ctx, members)
    const { taskId } = bodyOf(ctx)
    ctx.status = 201
    ctx.body = proofs.add(wallet.tag({ taskId: String(taskId) }))
  })
  router.post('/v1/charges', requireAccess(processors), (ctx) => {
    ctx.body = { charged: true, by: getAccess(ctx, processors).principal.accountId }
  })
  const spending = reserveSpend(gate, ({ body, native }) => ({
    amountMinor: body.total,
    currency: 'EUR',
    merchant: 'Example Merchant',
    idempotencyKey: native.get('Idempotency-Key'),
  }))
  router.post('/v1/orders', parseJson, spending, (ctx) => {
    ctx.status = 201
    ctx.body = { reservation: getSpend(ctx).reservationId }
  })
  router.post('/v1/refunds', requireAccess(refunders), (ctx) => {
    ctx.body = { refunded: true }
  })
  app.use(router.routes())

  return new Promise((resolve, reject) => {
    const server = app.listen(port, '127.0.0.1', () => resolve(server)).once('error', reject)
  })
}

// Koa parses no bodies of its own; a real backend mounts a body parser.
async function parseJson(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of ctx.req) chunks.push(chunk)
  Object.assign(ctx.request, { body: JSON.parse(Buffer.concat(chunks).toString('utf8')) })
  await next()
}

function bodyOf({ request }: { readonly request: object }): { readonly taskId?: unknown } {
  return 'body' in request && typeof request.body === 'object' ? (request.body ?? {}) : {}
}
