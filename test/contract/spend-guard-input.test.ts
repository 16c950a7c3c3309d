import { GateError } from 'sallyport'
import { describe, expect, onTestFinished, test } from 'vitest'
import { MINT } from '../support/addresses.js'
import type { SpendAppDescription } from '../support/spend-app.js'
import { type OrderOptions, order } from '../support/spend-client.js'
import { spendHarnesses } from '../support/spend-harnesses.js'
import { createSpendWorld, type WorldOptions } from '../support/spend-world.js'

type Changes = Partial<Omit<SpendAppDescription, 'gate'>>

const intendTotal: SpendAppDescription['intend'] = ({ body }) => ({
  amountMinor: (body as { total: unknown }).total,
  currency: 'EUR',
})

const eur = (amountMinor: unknown) => ({ amountMinor, currency: 'EUR' })

const bad: readonly (readonly [string, object, string])[] = [
  ...[-1, 0, 0.5, 1e21, 2 ** 53, '1e3', '-5', '0', '01', ' 5', '5.0', '', '18446744073709551616'].map(
    (amount) => [`the amount ${JSON.stringify(amount)}`, eur(amount), 'amountMinor'] as const,
  ),
  ['no amount', eur(undefined), 'amountMinor'],
  ['an amount of another type', eur([5]), 'amountMinor'],
  ['Infinity', eur(Number.POSITIVE_INFINITY), 'amountMinor'],
  ['a negative bigint', eur(-5n), 'amountMinor'],
  ['an unknown currency', { amountMinor: 5, currency: 'EURO' }, 'currency'],
  ['a currency in lower case', { amountMinor: 5, currency: 'eur' }, 'currency'],
  ['no currency', { amountMinor: 5, currency: undefined }, 'currency'],
  ['an unknown mint', { units: 5, mint: 'x' }, 'mint'],
  ['a currency beside a mint', { units: 5, mint: MINT, currency: 'EUR' }, 'mint'],
  ['units of a currency', { ...eur(5), units: 5 }, 'units'],
  ['minor units of a mint', { units: 5, mint: MINT, amountMinor: 5 }, 'amountMinor'],
  ['no units', { mint: MINT }, 'units'],
  ['a code of five digits', { ...eur(5), mcc: '57345' }, 'mcc'],
  ['a code that is a fraction', { ...eur(5), mcc: 57.3 }, 'mcc'],
  ['a merchant that is no text', { ...eur(5), merchant: 5 }, 'merchant'],
  ['an empty merchant', { ...eur(5), merchant: ' ' }, 'merchant'],
  ['a merchant with a control character', { ...eur(5), merchant: 'A\u0000' }, 'merchant'],
  ['a long merchant', { ...eur(5), merchant: 'A'.repeat(201) }, 'merchant'],
  ['a key that is no text', { ...eur(5), idempotencyKey: 5 }, 'idempotencyKey'],
  ['a long key', { ...eur(5), idempotencyKey: 'k'.repeat(256) }, 'idempotencyKey'],
]

const mistakes: readonly (readonly [string, SpendAppDescription['intend']])[] = [
  [
    'throws',
    () => {
      throw new GateError('ERR_GATE_OPTIONS', ['a mistake of the host'])
    },
  ],
  ['rejects', () => Promise.reject(new GateError('ERR_GATE_OPTIONS', ['a mistake of the host']))],
  ['answers nothing', () => undefined],
  ['answers true', () => true],
  ['misspells a member', () => ({ ...eur(5), idempotencykey: 'k' })],
]

describe.each(spendHarnesses)('what reserveSpend is told on $name', (harness) => {
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

  test('refuses what cannot be spent with 400, names it, and reserves nothing', async () => {
    let intent: object = {}
    const world = await setUp({ intend: () => intent })
    for (const [what, wrong, member] of bad) {
      intent = wrong
      const answer = await world.buy()
      expect(answer.status, what).toBe(400)
      const { code, detail } = answer.json()
      expect([code, String(detail).split(' ')[0]], what).toEqual(['body_invalid', member])
    }
    expect(await world.reservations()).toEqual([])
    expect(world.app.entered()).toBe(0)
  })

  test('takes amounts as numbers, bigints and digits, and codes as numbers and texts', async () => {
    const intents = [
      eur(5),
      eur(5n),
      eur('5'),
      { ...eur(5), merchant: 'Acme', mcc: 742 },
      { ...eur(5), merchant: null, mcc: '0742' },
    ]
    const world = await setUp({ intend: () => intents.shift() })
    for (let at = 0; at < 5; at++) expect((await world.buy()).status).toBe(200)
    expect((await world.reservations()).map(({ amount }) => amount)).toEqual([5n, 5n, 5n, 5n, 5n])
  })

  test('waits for a callback that has to look something up, but not for ever', async () => {
    const late = await setUp({ intend: async () => eur(5) })
    expect((await late.buy()).status).toBe(200)
    const never = await setUp({ intend: () => new Promise(() => undefined) })
    expect((await never.buy()).json()).toMatchObject({ status: 503, code: 'policy_unavailable' })
    expect(await never.reservations()).toEqual([])
    expect(never.app.entered()).toBe(0)
  })

  test('lets a request through that spends nothing, which then has no spend', async () => {
    const world = await setUp({ intend: () => null })
    expect((await world.buy()).status).toBe(500)
    expect(world.app.entered()).toBe(1)
    expect(world.app.errors).toHaveLength(1)
    expect(world.app.errors[0]).toBeInstanceOf(GateError)
    expect(world.app.errors[0]).toMatchObject({ code: 'ERR_GATE_NO_SPEND' })
    const indifferent = await setUp({
      intend: () => null,
      takesSpend: false,
      handle: () => ({ status: 200, json: {} }),
    })
    expect((await indifferent.buy()).status).toBe(200)
    expect(await indifferent.reservations()).toEqual([])
  })

  test.each(mistakes)(
    'hands the error of a callback that %s to the host, before any reservation',
    async (_how, intend) => {
      const world = await setUp({ intend })
      expect((await world.buy()).status).toBe(500)
      expect(world.app.errors).toHaveLength(1)
      expect(world.app.errors[0]).toMatchObject({ code: 'ERR_GATE_OPTIONS' })
      expect(await world.reservations()).toEqual([])
      expect(world.app.entered()).toBe(0)
    },
  )

  test.each([undefined, null, '', 0, false, 'route', 'router', 'a text', {}])(
    'hands %j of a callback that fails with it to the host as an error, before any reservation',
    async (cause) => {
      const fail = () => {
        throw cause
      }
      for (const intend of [
        fail,
        async () => fail(),
        () => Object.defineProperty({}, 'mcc', { get: fail, enumerable: true }),
      ]) {
        const world = await setUp({ intend, takesSpend: false, handle: () => ({ status: 200, json: {} }) })
        expect((await world.buy()).status).toBe(500)
        expect(world.app.entered()).toBe(0)
        expect(world.app.errors).toHaveLength(1)
        expect(world.app.errors[0]).toBeInstanceOf(GateError)
        expect(world.app.errors[0]).toMatchObject({ code: 'ERR_GATE_OPTIONS', cause })
        expect(await world.reservations()).toEqual([])
      }
    },
  )

  test('is a mistake of the host on a route that the gate does not guard', async () => {
    const world = await createSpendWorld()
    const sister = world.gate.with({ scopes: [] })
    for (const entrance of [null, world.gate]) {
      const app = await harness.start({
        gate: sister,
        entrance,
        intend: intendTotal,
        handle: () => ({ status: 200, json: {} }),
      })
      onTestFinished(() => app.close())
      expect((await order(app, { total: 1 }, { headers: world.buyer })).status).toBe(500)
      expect(app.errors[0]).toMatchObject({
        code: 'ERR_GATE_NO_ACCESS',
        message: expect.stringMatching(/^reserveSpend: /),
      })
      expect(app.entered()).toBe(0)
    }
    expect(await world.reservations()).toEqual([])
  })

  test('is a mistake of the host before its body parser, before any reservation', async () => {
    const asked: unknown[] = []
    const world = await setUp({
      isBeforeParser: true,
      intend: (input) => {
        asked.push(input.body)
        return intendTotal(input)
      },
    })
    expect((await world.buy()).status).toBe(500)
    expect(world.app.errors).toHaveLength(1)
    expect(world.app.errors[0]).toMatchObject({ code: 'ERR_GATE_BODY_UNPARSED' })
    expect(asked).toEqual([])
    expect(await world.reservations()).toEqual([])
    expect(world.app.entered()).toBe(0)
  })

  test.each([
    ['application/x-money', false],
    ['application/x-money', true],
    ['application/vnd.a+json', false],
    ['application/vnd.a+json', true],
  ])(
    'refuses a body that no parser takes with 415: %s, before the parser %s',
    async (mediaType, isBeforeParser) => {
      const world = await setUp({ isBeforeParser })
      const raw = { mediaType, text: '{"total":1}' }
      expect((await world.buy(undefined, { raw })).status).toBe(415)
      expect(await world.reservations()).toEqual([])
      expect(world.app.entered()).toBe(0)
    },
  )

  test('asks a request without a body too', async () => {
    const bodies: unknown[] = []
    const world = await setUp({
      intend: ({ body }) => {
        bodies.push(body)
        return eur(5)
      },
    })
    const answer = await order(world.app, undefined, { headers: world.buyer })
    expect(answer.status).toBe(200)
    expect(bodies).toEqual([{}])
  })
})
