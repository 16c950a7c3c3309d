// What must compile, and what must not. `tsc` is the test: an expected error that does not come is an error.
import Router from '@koa/router'
import express from 'express'
import fastify from 'fastify'
import { createGate } from 'sallyport'
import { getSpend, requireAccess, reserveSpend } from 'sallyport/express'
import { reserveSpend as fastifySpend } from 'sallyport/fastify'
import { reserveSpend as koaSpend, getSpend as spendOf } from 'sallyport/koa'
import { memoryStore } from 'sallyport/stores/memory'

const gate = createGate({ store: memoryStore() })
const members = gate.with({ wallet: 'required' })

interface Order {
  readonly total: number
  readonly shop?: string
}

const app = express()
app.post(
  '/v1/orders/:shop',
  requireAccess(members),
  express.json(),
  reserveSpend(members, ({ access, body, native }) => ({
    amountMinor: body.total,
    currency: 'EUR',
    merchant: access.wallet.address,
    mcc: native.params.shop,
    idempotencyKey: native.get('Idempotency-Key'),
  })),
  async (req, res) => {
    const spend = getSpend(req)
    await spend.commit(5n)
    // @ts-expect-error amounts are bigints: a number may be a fraction
    await spend.commit(5)
    // @ts-expect-error a spend is not changed
    spend.reservationId = null
    res.json({ mode: spend.mode })
  },
)

export const bodiesMayBeTyped = [
  reserveSpend(gate, ({ body }: { readonly body: Order }) => ({ amountMinor: body.total, currency: 'EUR' })),
  fastifySpend(gate, ({ body }: { readonly body: Order }) => ({ units: body.total, mint: '' })),
  koaSpend(gate, async ({ body }: { readonly body: Order }) => (body.total > 0 ? null : null)),
  reserveSpend(gate, ({ native }: { readonly native: express.Request }) => ({
    amountMinor: native.query.total,
    currency: native.protocol,
  })),
]

// @ts-expect-error a gate without a wallet promises none
reserveSpend(gate, ({ access }) => ({ amountMinor: 1, currency: access.wallet.address }))
// @ts-expect-error what is typed is what there is
reserveSpend(gate, ({ body }: { readonly body: Order }) => ({ amountMinor: body.totl, currency: 'EUR' }))
// @ts-expect-error an amount without a currency is no money
reserveSpend(gate, () => ({ amountMinor: 1 }))
// @ts-expect-error an amount is of a currency or of a mint
reserveSpend(gate, () => ({ amountMinor: 1, mint: 'x' }))
// @ts-expect-error nothing to spend is null, so that it cannot be forgotten
reserveSpend(gate, () => undefined)
// @ts-expect-error it must be said what is spent
reserveSpend(gate)

export const fastifyApp = fastify().post(
  '/v1/orders',
  {
    preHandler: fastifySpend(members, ({ body, native, access }) => ({
      amountMinor: body.total,
      currency: 'EUR',
      merchant: access.wallet.address,
      idempotencyKey: native.headers['idempotency-key'],
    })),
  },
  async () => ({}),
)

export const koaRouter = new Router().post(
  '/v1/orders',
  koaSpend(gate, ({ body, native }) => ({
    amountMinor: body.total,
    currency: 'EUR',
    idempotencyKey: native.get('Idempotency-Key'),
  })),
  async (ctx) => {
    await spendOf(ctx).release()
  },
)
