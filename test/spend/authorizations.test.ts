import { describe, expect, onTestFinished, test } from 'vitest'
import { FIGMA, openSpendSite, type Party } from './kit.js'

const WEEK_MS = 7 * 86_400_000

async function setUp() {
  const site = await openSpendSite()
  onTestFinished(() => site.app.close())
  const { instrument } = await site.grant()
  const asked = { instrument_id: instrument.id, ...FIGMA }
  const authorized = async (amount = 1_200) =>
    String((await site.authorize({ ...asked, amount })).json().authorization_id)
  const settle = (id: string, how: string, body?: unknown, by: Party = site.processor) =>
    site.ask(by, 'POST', `/v1/authorizations/${id}/${how}`, body)
  const read = (id: string, by: Party = site.processor) => site.ask(by, 'GET', `/v1/authorizations/${id}`)
  /** What is left of the month. */
  const left = async () => {
    const answer = await site.ask(site.enterprise, 'POST', '/v1/intents/validate', { ...asked, amount: 1 })
    return Number((answer.json().budgets as { remaining: number }[])[0]?.remaining) + 1
  }
  return { ...site, asked, authorized, settle, read, left }
}

describe('a capture', () => {
  test('of the whole amount spends it', async () => {
    const { authorized, settle, left, clock } = await setUp()
    const id = await authorized()
    clock.advance(60_000)
    const answer = await settle(id, 'capture')
    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual({
      authorization_id: id,
      status: 'captured',
      authorized_amount: 1_200,
      captured_amount: 1_200,
      settled_at: '2026-01-01T00:01:00.000Z',
    })
    expect(await left()).toBe(8_800)
  })

  test.each([
    ['a number', 1_000],
    ['a text', '1000'],
  ])('of less, given as %s, gives the rest back', async (_what, amount) => {
    const { authorized, settle, left } = await setUp()
    const answer = await settle(await authorized(), 'capture', { amount })
    expect(answer.json()).toMatchObject({ status: 'captured', captured_amount: 1_000 })
    expect(await left()).toBe(9_000)
  })

  test('of more is refused, and the authorization stands', async () => {
    const { authorized, settle, left } = await setUp()
    const id = await authorized()
    const answer = await settle(id, 'capture', { amount: 1_201 })
    expect(answer.json()).toMatchObject({ status: 409, code: 'reservation_exceeded', reserved: '1200' })
    expect(await left()).toBe(8_800)
    expect((await settle(id, 'capture', { amount: 1_200 })).json()).toMatchObject({ captured_amount: 1_200 })
  })

  test('may be sent twice, and is done once', async () => {
    const { authorized, settle, left, clock } = await setUp()
    const id = await authorized()
    const first = await settle(id, 'capture', { amount: 1_000 })
    clock.advance(WEEK_MS + 1)
    const again = await settle(id, 'capture', { amount: 1_000 })
    expect([again.status, again.body]).toEqual([200, first.body])
    expect(await left()).toBe(9_000)
  })

  test('of another amount than before is refused', async () => {
    const { authorized, settle } = await setUp()
    const id = await authorized()
    await settle(id, 'capture', { amount: 1_000 })
    for (const body of [{ amount: 999 }, {}]) {
      expect((await settle(id, 'capture', body)).json()).toMatchObject({
        status: 409,
        code: 'already_committed',
        reservation_id: id,
      })
    }
  })

  test('that fifty send at once is done once', async () => {
    const { authorized, settle, left } = await setUp()
    const id = await authorized()
    const answers = await Promise.all(Array.from({ length: 50 }, () => settle(id, 'capture')))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1)
    expect(await left()).toBe(8_800)
  })

  test('that comes too late is refused: what was held has been given back', async () => {
    const { authorized, settle, left, clock } = await setUp()
    const id = await authorized()
    clock.advance(WEEK_MS - 1)
    const inTime = await authorized()
    clock.advance(1)
    expect((await settle(id, 'capture')).json()).toMatchObject({
      status: 409,
      code: 'reservation_expired',
      reservation_id: id,
    })
    expect((await settle(id, 'void')).json()).toMatchObject({ code: 'reservation_expired' })
    expect(await left()).toBe(8_800)
    expect((await settle(inTime, 'capture')).json()).toMatchObject({ status: 'captured' })
  })

  test('is refused after a void, and a void after a capture', async () => {
    const { authorized, settle, left } = await setUp()
    const [captured, voided] = [await authorized(), await authorized()]
    await settle(captured, 'capture')
    await settle(voided, 'void')
    expect((await settle(captured, 'void')).json()).toMatchObject({ status: 409, code: 'already_committed' })
    expect((await settle(voided, 'capture')).json()).toMatchObject({
      status: 409,
      code: 'reservation_released',
    })
    expect(await left()).toBe(8_800)
  })

  test('still counts where the agent was suspended meanwhile: the money has moved', async () => {
    const { grant, authorize, settle, changeAgent } = await setUp()
    const granted = await grant()
    const instrument_id = granted.instrument.id
    const { authorization_id } = (await authorize({ ...FIGMA, instrument_id })).json()
    await changeAgent(granted, { status: 'suspended' })
    expect((await settle(String(authorization_id), 'capture')).json()).toMatchObject({ status: 'captured' })
  })

  test.each([0, '0', -1, 1.5, '1e3', '01', 2 ** 53, '', null, true, [1], {}])(
    'of %j is no capture',
    async (amount) => {
      const { authorized, settle, left } = await setUp()
      const answer = await settle(await authorized(), 'capture', { amount })
      expect(answer.json()).toMatchObject({ status: 400, code: 'body_invalid' })
      expect(String(answer.json().detail)).toMatch(/^amount must be a whole number/)
      expect(await left()).toBe(8_800)
    },
  )

  test('has no members but the amount, and a void none', async () => {
    const { authorized, settle } = await setUp()
    const id = await authorized()
    for (const [how, body] of [
      ['capture', { amount: 1, final: true }],
      ['void', { amount: 1 }],
      ['void', '[]'],
    ] as const) {
      expect((await settle(id, how, body)).json()).toMatchObject({ status: 400, code: 'body_invalid' })
    }
    expect((await settle(id, 'void', {})).json()).toMatchObject({ status: 'voided' })
  })
})

describe('a void', () => {
  test('gives everything back, once', async () => {
    const { authorized, settle, left } = await setUp()
    const id = await authorized()
    const first = await settle(id, 'void')
    expect(first.json()).toEqual({
      authorization_id: id,
      status: 'voided',
      authorized_amount: 1_200,
      captured_amount: 0,
      settled_at: '2026-01-01T00:00:00.000Z',
    })
    expect((await settle(id, 'void')).body).toBe(first.body)
    expect(await left()).toBe(10_000)
  })
})

describe('an authorization that is read', () => {
  test('tells how it stands, and how it came to that', async () => {
    const { authorize, asked, settle, read, clock } = await setUp()
    const { authorization_id, decision_id } = (await authorize(asked)).json()
    const id = String(authorization_id)
    const common = {
      authorization_id: id,
      decision_id,
      authorized_amount: 1_200,
      currency: 'USD',
      created_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2026-01-08T00:00:00.000Z',
    }
    const authorizedRow = { event: 'authorized', amount: 1_200, at: '2026-01-01T00:00:00.000Z' }
    expect((await read(id)).json()).toEqual({
      ...common,
      status: 'authorized',
      captured_amount: 0,
      settled_at: null,
      trail: [authorizedRow],
    })
    clock.advance(1_000)
    await settle(id, 'capture', { amount: 700 })
    expect((await read(id)).json()).toEqual({
      ...common,
      status: 'captured',
      captured_amount: 700,
      settled_at: '2026-01-01T00:00:01.000Z',
      trail: [authorizedRow, { event: 'captured', amount: 700, at: '2026-01-01T00:00:01.000Z' }],
    })
  })

  test('has been voided, or is over', async () => {
    const { authorized, settle, read, clock } = await setUp()
    const [voided, forgotten] = [await authorized(), await authorized()]
    await settle(voided, 'void')
    clock.advance(WEEK_MS)
    expect((await read(voided)).json()).toMatchObject({
      status: 'voided',
      trail: [{ event: 'authorized' }, { event: 'voided', amount: 1_200 }],
    })
    expect((await read(forgotten)).json()).toMatchObject({
      status: 'expired',
      captured_amount: 0,
      settled_at: '2026-01-08T00:00:00.000Z',
      trail: [{ event: 'authorized' }, { event: 'expired', amount: 0 }],
    })
  })
})

describe('an authorization that does not exist', () => {
  test('is another processor’s, a declined one, what a route holds, or what nobody has made', async () => {
    const { authorized, authorize, asked, settle, read, party, store, clock, left } = await setUp()
    const mine = await authorized()
    const stranger = await party('processor', 'issuer-two')
    // The id of what was declined can be worked out of its key.
    const { authorization_id } = (await authorize(asked, { key: 'k' })).json()
    const { createHash } = await import('node:crypto')
    const digest = createHash('sha256')
      .update('["issuer-one","/v1/authorize","declined"]')
      .digest('base64url')
    expect((await authorize({ ...asked, amount: 5_001 }, { key: 'declined' })).json().decision).toBe(
      'DECLINE',
    )
    await store.reserve(
      {
        id: 'd-route',
        atMs: clock.wallMs(),
        accountId: 'issuer-one',
        agentId: null,
        mandateId: null,
        outcome: 'approved',
        document: '{}',
      },
      {
        id: 'hold_route',
        accountId: 'issuer-one',
        fingerprint: 'f',
        amount: 5n,
        ttlMs: 60_000,
        onExpiry: 'commit',
        takes: [],
        renews: true,
        holdsAnyway: false,
      },
      { signal: new AbortController().signal },
    )
    const cases: readonly (readonly [string, Party?])[] = [
      [mine, stranger],
      [String(authorization_id), stranger],
      [`auth_${digest}`],
      ['hold_route'],
      ['auth_'],
      ['auth_unknown'],
      ['auth_%00'],
      ['auth_%F0%9F%8D%A3'],
      [`auth_${'x'.repeat(80)}`],
      ['__proto__'],
    ]
    for (const [id, by] of cases) {
      for (const answer of [
        await settle(id, 'capture', undefined, by),
        await settle(id, 'void', undefined, by),
        await read(id, by),
      ]) {
        expect([id, answer.json()]).toMatchObject([id, { status: 404, code: 'not_found' }])
      }
    }
    expect(
      (await store.readReservation('hold_route', { signal: new AbortController().signal }))?.reservation,
    ).toMatchObject({ state: 'held' })
    expect(await left()).toBe(7_600)
  })

  test('answers an enterprise with its role, whatever the id', async () => {
    const { authorized, settle, read, enterprise, left } = await setUp()
    const id = await authorized()
    for (const answer of [
      await settle(id, 'capture', undefined, enterprise),
      await settle(id, 'void', undefined, enterprise),
      await read(id, enterprise),
      await read('auth_unknown', enterprise),
    ]) {
      expect(answer.json()).toMatchObject({ status: 403, code: 'role_mismatch' })
    }
    expect(await left()).toBe(8_800)
  })
})
