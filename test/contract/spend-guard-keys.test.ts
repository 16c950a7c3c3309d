import express from 'express'
import { apiKey, jwks, type SpendStore } from 'sallyport'
import { requireAccess, reserveSpend } from 'sallyport/express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createJournal, listen } from '../harness/adapters/listen.js'
import { ALICE } from '../support/addresses.js'
import { send } from '../support/http.js'
import { makeSigningKey, startKeyServer } from '../support/key-server.js'
import { bearer, walletHeader } from '../support/requests.js'
import type { SpendAppDescription } from '../support/spend-app.js'
import { type OrderOptions, openOrder, order, signal } from '../support/spend-client.js'
import { spendHarnesses } from '../support/spend-harnesses.js'
import { createSpendWorld, type WorldOptions } from '../support/spend-world.js'

interface Order {
  readonly total: unknown
  readonly merchant?: unknown
}

const intend: SpendAppDescription['intend'] = ({ body, header }) => ({
  amountMinor: (body as Order).total,
  currency: 'EUR',
  merchant: (body as Order).merchant,
  idempotencyKey: header('Idempotency-Key'),
})

describe.each(spendHarnesses)('an idempotency key on $name', (harness) => {
  async function setUp(handle: SpendAppDescription['handle'], options?: WorldOptions) {
    const world = await createSpendWorld(options)
    const app = await harness.start({ gate: world.gate, intend, handle })
    onTestFinished(() => app.close())
    const buy = (key: string | undefined, body: Order = { total: 1_000 }, sent: Partial<OrderOptions> = {}) =>
      order(app, body, { headers: world.buyer, ...(key !== undefined && { key }), ...sent })
    return { ...world, app, buy }
  }

  const ok = () => ({ status: 200, json: { ok: true } })

  test('that comes fifty times at once runs the handler once, and holds once', async () => {
    const others = signal()
    const world = await setUp(async () => {
      await others.given
      return ok()
    })
    let refused = 0
    const buyOne = async () => {
      const answer = await world.buy('one')
      if (answer.status !== 200 && ++refused === 49) others.give()
      return answer
    }
    const answers = await Promise.all(Array.from({ length: 50 }, buyOne))
    const codes = answers.map((answer) => (answer.status === 200 ? 'ok' : String(answer.json().code)))
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1)
    expect(codes.filter((code) => code === 'idempotency_in_progress')).toHaveLength(49)
    const inProgress = answers.find(({ status }) => status === 409)
    expect(inProgress?.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(inProgress?.json()).toMatchObject({ retryable: true })
    expect(world.app.entered()).toBe(1)
    expect(await world.reservations()).toHaveLength(1)
    const after = await world.buy('one')
    const [held] = await world.reservations()
    expect(after.status).toBe(409)
    expect(after.json()).toMatchObject({
      code: 'already_committed',
      reservation_id: held?.id,
      retryable: false,
    })
    expect(await world.fate()).toBe('committed 1000: reserve commit')
    expect(world.app.entered()).toBe(1)
  })

  test('that is sent again as soon as its answer is there is already committed, however slow the store', async () => {
    const world = await setUp(ok, {
      wrap: (store) => ({
        ...store,
        settle: async (...call: Parameters<SpendStore['settle']>) => {
          // Far longer than a retry is under way.
          for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
          return store.settle(...call)
        },
      }),
    })
    for (const key of ['a', 'b', 'c']) {
      expect((await world.buy(key)).status).toBe(200)
      expect((await world.buy(key)).json()).toMatchObject({ code: 'already_committed' })
    }
    expect(world.app.entered()).toBe(3)
  })

  test('that asks for something else is a conflict, while it runs and afterwards', async () => {
    const entered = signal()
    const answer = signal()
    const handle = async () => {
      entered.give()
      await answer.given
      return ok()
    }
    // Whoever waited for the first request would wait for longer than a test may take.
    const world = await setUp(handle, { gateOptions: { portTimeoutMs: 60_000 } })
    const first = world.buy('one')
    await entered.given
    const conflicts = async () => [
      await world.buy('one', { total: 1_001 }),
      await world.buy('one', { total: 1_000, merchant: 'Other' }),
      await world.buy('one', { total: 1_000 }, { target: '/v1/orders/south' }),
    ]
    for (const one of await conflicts()) {
      expect(one.json()).toMatchObject({ status: 422, code: 'idempotency_conflict', retryable: false })
    }
    answer.give()
    expect((await first).status).toBe(200)
    for (const one of await conflicts()) expect(one.status).toBe(422)
    expect(world.app.entered()).toBe(1)
  })

  test('may try again after a refusal of the handler, a release and a decline', async () => {
    const answers = [400, 500, 500, 200, 200]
    const world = await setUp(
      async ({ spend }) => {
        const status = answers.shift() ?? 599
        if (status === 500) await spend.release()
        return { status, json: {} }
      },
      { limit: 1_500 },
    )
    expect((await world.buy('one')).status).toBe(400)
    expect((await world.buy('one')).status).toBe(500)
    expect((await world.buy('one')).status).toBe(500)
    expect((await world.buy('declined', { total: 1_501 })).status).toBe(403)
    expect((await world.buy('declined', { total: 1_501 })).status).toBe(403)
    // It is the key of that request for good, whatever became of it.
    for (const key of ['one', 'declined']) {
      expect((await world.buy(key, { total: 400 })).json()).toMatchObject({
        status: 422,
        code: 'idempotency_conflict',
      })
    }
    expect((await world.buy('one')).status).toBe(200)
    expect((await world.buy('one')).status).toBe(409)
    expect((await world.buy('two', { total: 500 })).status).toBe(200)
    expect(world.app.entered()).toBe(5)
  })

  test('belongs to the account that sends it, and requests without one have nothing in common', async () => {
    const world = await setUp(ok)
    const other = await world.store.issueApiKey({ accountId: 'other' })
    await world.bind({ type: 'api_key', id: other.credentialId })
    expect((await world.buy('one')).status).toBe(200)
    expect((await world.buy('one', { total: 5 }, { headers: [bearer(other.key)] })).status).toBe(200)
    expect((await world.buy(undefined)).status).toBe(200)
    expect((await world.buy(undefined)).status).toBe(200)
    const ids = (await world.reservations()).map(({ id }) => id)
    expect(new Set(ids).size).toBe(4)
  })

  test('belongs to the agent, of which an account may have many', async () => {
    const world = await setUp(ok)
    const other = await world.store.issueApiKey({ accountId: 'acme' })
    await world.bind({ type: 'api_key', id: other.credentialId })
    const headers = [bearer(other.key)]
    expect((await world.buy('one')).status).toBe(200)
    expect((await world.buy('one', { total: 5 }, { headers })).status).toBe(200)
    expect((await world.buy('two', { total: 5 })).status).toBe(200)
    expect((await world.buy('two', { total: 5 }, { headers })).status).toBe(200)
    expect((await world.buy('two', { total: 5 }, { headers })).json()).toMatchObject({
      code: 'already_committed',
    })
    expect(world.app.entered()).toBe(4)
  })

  test('outlasts the token that it came with, where a wallet spends', async () => {
    const server = await startKeyServer()
    onTestFinished(() => server.close())
    const key = await makeSigningKey('EdDSA', 'one')
    server.keys.push(key.jwk)
    const [issuer, audience] = ['https://id.example', 'https://shop.example']
    const provider = jwks({
      issuer,
      audience,
      jwksUri: server.uri,
      principal: () => ({ accountId: 'robot', wallets: [ALICE] }),
    })
    const world = await setUp(ok, { gateOptions: { methods: [apiKey(), provider] } })
    await world.bind({ type: 'wallet', id: ALICE })
    const iat = world.clock.wallMs() / 1_000
    const codes: unknown[] = []
    for (const jti of ['first', 'second']) {
      const token = await key.sign({ iss: issuer, aud: audience, sub: 'robot', iat, exp: iat + 60, jti })
      const answer = await world.buy('one', { total: 5 }, { headers: [bearer(token), walletHeader(ALICE)] })
      codes.push(answer.status === 200 ? 'ok' : answer.json().code)
    }
    expect(codes).toEqual(['ok', 'already_committed'])
  })

  test('is spent where the client went away, and where its time is over', async () => {
    const entered = [signal(), signal()]
    let runs = 0
    const world = await setUp(() => {
      entered[runs++]?.give()
      return 'by hand'
    })
    const socket = openOrder(world.app, { total: 1_000 }, world.buyer, 'gone')
    await entered[0]?.given
    expect((await world.buy('gone')).json()).toMatchObject({ code: 'idempotency_in_progress' })
    socket.destroy()
    await expect.poll(world.fate).toBe('committed 1000: reserve commit')
    expect((await world.buy('gone')).json()).toMatchObject({ code: 'already_committed' })
    openOrder(world.app, { total: 1_000 }, world.buyer, 'over')
    await entered[1]?.given
    world.clock.advance(900_000)
    expect((await world.buy('over')).json()).toMatchObject({ code: 'already_committed' })
    expect(runs).toBe(2)
  })

  test('may have the name of what every object has', async () => {
    const world = await setUp(ok)
    for (const key of ['__proto__', 'constructor', '"', 'k'.repeat(255)]) {
      expect((await world.buy(key)).status, key).toBe(200)
      expect((await world.buy(key)).status, key).toBe(409)
    }
  })
})

test('an idempotency key belongs to a path where nobody knows the route yet', async () => {
  const { gate, buyer } = await createSpendWorld()
  const app = express()
  const guard = reserveSpend(gate, ({ native }) => ({
    amountMinor: 5,
    currency: 'EUR',
    idempotencyKey: native.get('Idempotency-Key'),
  }))
  app.use(requireAccess(gate), guard)
  app.post(['/v1/orders', '/v1/refunds'], (_req, res) => void res.json({}))
  const running = await listen(app, createJournal())
  onTestFinished(() => running.close())
  const headers = [...buyer, ['Idempotency-Key', 'one']] as const
  const codes = []
  for (const target of ['/v1/orders', '/v1/refunds', '/v1/orders?again']) {
    const answer = await send(running.origin, { method: 'POST', target, headers })
    codes.push(answer.status === 200 ? 'ok' : answer.json().code)
  }
  expect(codes).toEqual(['ok', 'ok', 'already_committed'])
})
