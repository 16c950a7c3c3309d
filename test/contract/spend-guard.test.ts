import { apiKey, jwks } from 'sallyport'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ALICE, MINT } from '../support/addresses.js'
import { makeSigningKey, startKeyServer } from '../support/key-server.js'
import { bearer, walletHeader } from '../support/requests.js'
import type { SpendAppDescription } from '../support/spend-app.js'
import { type OrderOptions, order, signal } from '../support/spend-client.js'
import { spendHarnesses } from '../support/spend-harnesses.js'
import { createSpendWorld, type WorldOptions } from '../support/spend-world.js'

type Changes = Partial<Omit<SpendAppDescription, 'gate'>>

const intendTotal: SpendAppDescription['intend'] = ({ body }) => ({
  amountMinor: (body as { total: unknown }).total,
  currency: 'EUR',
})

describe.each(spendHarnesses)('reserveSpend on $name', (harness) => {
  async function setUp(changes: Changes = {}, options?: WorldOptions) {
    const world = await createSpendWorld(options)
    const app = await harness.start({
      gate: world.gate,
      intend: intendTotal,
      handle: ({ spend }) => ({ status: 200, json: { ...spend, money: 'money' in spend } }),
      ...changes,
    })
    onTestFinished(() => app.close())
    const buy = (body: unknown = { total: 1_000 }, sent: Partial<OrderOptions> = {}) =>
      order(app, body, { headers: world.buyer, ...sent })
    return { ...world, app, buy }
  }

  test('lets a request through that fits, and hands its spend to the handler', async () => {
    const world = await setUp()
    const answer = await world.buy()
    const [held] = await world.reservations()
    expect(answer.json()).toEqual({
      reservationId: held?.id,
      decisionId: held?.decisionId,
      mode: 'enforce',
      money: true,
    })
    expect(held).toMatchObject({ accountId: 'acme', amount: 1_000n, onExpiry: 'commit' })
    expect(held?.id).toMatch(/^hold_/)
    const { spend, ...event } = world.events.at(-1) ?? {}
    expect(event).toMatchObject({ outcome: 'allow', decisionId: held?.decisionId })
    expect(spend).toMatchObject({
      purpose: 'guard',
      amount: '1000',
      asset: 'EUR',
      reasonCode: 'POLICY_MATCH',
    })
  })

  test('refuses what does not fit any more, before the handler, as the decision that is in the log', async () => {
    const world = await setUp({}, { limit: 1_500 })
    await world.buy()
    const answer = await world.buy()
    const [declined] = await world.reservations()
    expect(answer.status).toBe(403)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.json()).toEqual({
      type: 'urn:sallyport:problem:spend_denied',
      title: 'Spend denied',
      status: 403,
      detail: 'The spending policy of this caller declines it: BUDGET_EXCEEDED',
      code: 'spend_denied',
      decision_id: declined?.decisionId,
      retryable: false,
      reason_code: 'BUDGET_EXCEEDED',
      spend_decision_id: declined?.decisionId,
    })
    expect(world.app.entered()).toBe(1)
    // The declined spend was told of once, and by the decision that the caller was told.
    const told = world.events.filter(({ code }) => code === 'spend_denied')
    expect(told.map(({ decisionId }) => decisionId)).toEqual([declined?.decisionId])
    expect((await world.buy({ total: 500 })).status).toBe(200)
  })

  test('lets exactly as many through as fit, however many come at once', async () => {
    const world = await setUp({}, { limit: 10_000 })
    const answers = await Promise.all(Array.from({ length: 40 }, () => world.buy()))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
    expect(statuses.filter((status) => status === 403)).toHaveLength(30)
    expect(world.app.entered()).toBe(10)
  })

  test('asks for an approval, and lets the approved spend through once', async () => {
    const world = await setUp({}, { approvalAbove: 500 })
    const asked = await world.buy()
    expect(asked.json()).toMatchObject({
      status: 403,
      code: 'approval_required',
      reason_code: 'APPROVAL_REQUIRED',
      remedy: { action: 'obtain_approval' },
    })
    const { remedy } = asked.json() as { remedy: { approval_id: string } }
    await world.spending.approvals.approve('acme', remedy.approval_id)
    expect((await world.buy()).status).toBe(200)
    expect((await world.buy()).status).toBe(403)
    expect(world.app.entered()).toBe(1)
  })

  test('refuses whoever is bound to nothing, and the anonymous', async () => {
    const world = await setUp({ entrance: 'optional' })
    // What an anonymous caller has for a credential must not be anything to be bound to.
    await world.store.addSpendRecord(
      {
        kind: 'binding',
        id: 'binding-of-nothing',
        accountId: 'acme',
        parentId: world.mandate.id,
        lookups: ['api_key:'],
        createdAtMs: 0,
        version: 1,
        document: JSON.stringify({
          mandateId: world.mandate.id,
          instrument: { type: 'api_key', id: '' },
          status: 'active',
        }),
      },
      { signal: new AbortController().signal },
    )
    for (const headers of [world.stranger, []]) {
      const isAnonymous = headers.length === 0
      const answer = await world.buy({ total: 1 }, { headers })
      expect(answer.json()).toMatchObject({
        status: 403,
        code: 'spend_denied',
        reason_code: 'INSTRUMENT_UNKNOWN',
        spend_decision_id: isAnonymous ? null : expect.any(String),
      })
      expect(world.events.at(-1)).toMatchObject({ outcome: 'refuse', code: 'spend_denied' })
    }
    expect(world.app.entered()).toBe(0)
    // Whoever is nobody writes nothing.
    const counts = ['nobody', ''].map(async (accountId) => {
      const { decisions } = await world.store.listDecisions(
        { accountId, limit: 10 },
        { signal: new AbortController().signal },
      )
      return decisions.length
    })
    expect(await Promise.all(counts)).toEqual([1, 0])
    expect((await world.buy()).status).toBe(200)
  })

  test('finds the mandate by the wallet where the credential is bound to none', async () => {
    const world = await setUp()
    const { key } = await world.store.issueApiKey({ accountId: 'robot', wallets: [ALICE] })
    const headers = [bearer(key), walletHeader(ALICE)]
    expect((await world.buy({ total: 1 }, { headers })).status).toBe(403)
    await world.bind({ type: 'wallet', id: ALICE })
    expect((await world.buy({ total: 1 }, { headers })).status).toBe(200)
  })

  test('lets no token spend that has the name of a credential of the store', async () => {
    const server = await startKeyServer()
    onTestFinished(() => server.close())
    const key = await makeSigningKey('EdDSA', 'one')
    server.keys.push(key.jwk)
    const [issuer, audience] = ['https://id.example', 'https://shop.example']
    const provider = jwks({ issuer, audience, jwksUri: server.uri })
    const world = await setUp({}, { gateOptions: { methods: [apiKey(), provider] } })
    const iat = world.clock.wallMs() / 1_000
    const claims = { iss: issuer, aud: audience, sub: 'mallory', iat, exp: iat + 60 }
    const token = await key.sign({ ...claims, jti: world.credentialId })
    const answer = await world.buy({ total: 1 }, { headers: [bearer(token)] })
    expect(answer.json()).toMatchObject({ status: 403, reason_code: 'INSTRUMENT_UNKNOWN' })
    expect(world.app.entered()).toBe(0)
  })

  test('spends in tokens', async () => {
    const world = await setUp({ intend: () => ({ units: '5', mint: MINT }) })
    // The policy of this world is about euros.
    expect((await world.buy()).json()).toMatchObject({ status: 403, reason_code: 'CURRENCY_NOT_ALLOWED' })
    const [decision] = (
      await world.store.listDecisions(
        { accountId: 'acme', limit: 1 },
        { signal: new AbortController().signal },
      )
    ).decisions
    expect(JSON.parse(decision?.document ?? '')).toMatchObject({
      action: { amount: '5', asset: `mint:${MINT}`, merchant: null, mcc: null },
    })
  })

  test('gives back what it holds where the client has gone away before the handler', async () => {
    const reserved = signal()
    const world = await setUp(
      { before: (response) => response.destroy() },
      {
        wrap: (store) => ({
          ...store,
          reserve: async (...call) => {
            const made = await store.reserve(...call)
            reserved.give()
            return made
          },
        }),
      },
    )
    await world.buy().catch(() => undefined)
    await reserved.given
    await expect.poll(world.fate).toBe('released: reserve release')
    expect(world.app.errors).toEqual([])
    expect(world.app.entered()).toBe(0)
  })

  describe('in observe', () => {
    test('lets through what it would decline, and holds it for its key alone', async () => {
      const world = await setUp(
        {
          handle: async ({ spend }) => {
            const wrong = await spend.commit(9_999_999n).catch(({ code }) => code)
            await spend.commit(1n)
            return { status: 200, json: { reservation: spend.reservationId, mode: spend.mode, wrong } }
          },
        },
        { mode: 'observe', limit: 500 },
      )
      const answer = await world.buy()
      const [held] = await world.reservations()
      expect(answer.json()).toEqual({ reservation: held?.id, mode: 'observe', wrong: 'ERR_SPEND_AMOUNT' })
      expect(await world.fate()).toBe('committed 1: reserve commit')
      expect(world.events.at(-1)).toMatchObject({
        outcome: 'allow',
        spend: { mode: 'observe', evaluated: 'DECLINE', reasonCode: 'BUDGET_EXCEEDED' },
      })
    })

    test('keeps what fits in a ledger of its own, and settles it', async () => {
      const world = await setUp({ handle: () => ({ status: 409, json: {} }) }, { mode: 'observe' })
      await world.buy()
      await expect.poll(world.fate).toBe('released: reserve release')
    })
  })
})

describe('reserveSpend', () => {
  test.each(spendHarnesses)('needs a gate that keeps spending, and a callback: $name', async (harness) => {
    const { gate } = await createSpendWorld({
      gateOptions: { store: undefined as never, findCredential: () => undefined },
    })
    const handle = () => 'by hand' as const
    await expect(harness.start({ gate, intend: intendTotal, handle })).rejects.toMatchObject({
      code: 'ERR_GATE_OPTIONS',
      problems: [expect.stringContaining('spending needs')],
    })
  })
})
