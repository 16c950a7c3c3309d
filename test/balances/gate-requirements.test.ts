import type { Balance, BalanceSource } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ACTO, ask, gateKit } from '../harness/balances/gate-kit.js'
import { balance } from '../harness/balances/readings.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'

const TOKEN = 10n ** 9n
const USDT = { mint: OTHER_MINT, minimum: '10', symbol: 'USDT' }

describe('requirements on two mints', () => {
  async function holding(acto: bigint, usdt: bigint) {
    const table = tableBalances()
    table.set(ALICE, MINT, acto * TOKEN)
    table.set(ALICE, OTHER_MINT, usdt * TOKEN)
    const { gate, request } = await gateKit({ balances: table })
    return { table, seen: await ask(gate.with({ balance: ACTO }).with({ balance: USDT }), request()) }
  }

  it('are met by a wallet that holds enough of both', async () => {
    const { seen, table } = await holding(50_000n, 10n)
    expect(seen.status).toBe(200)
    expect(table.reads).toBe(2)
  })

  it('are not met by enough of one: the first that fails is told', async () => {
    expect((await holding(50_000n, 9n)).seen.body).toMatchObject({
      status: 403,
      mint: OTHER_MINT,
      balance: '9',
    })
    const { seen, table } = await holding(49_999n, 10n)
    expect(seen.body).toMatchObject({ status: 403, mint: MINT, balance: '49999' })
    expect(table.reads).toBe(1)
  })

  it('are weighed in the same way where both balances are known already', async () => {
    const table = tableBalances()
    table.set(ALICE, OTHER_MINT, 10n * TOKEN)
    const { gate, request } = await gateKit({ balances: table })
    const both = gate.with({ balance: ACTO }).with({ balance: USDT })
    await ask(gate.with({ balance: ACTO }), request())
    await ask(gate.with({ balance: USDT }), request())
    expect(both(request())).toMatchObject({ type: 'refuse', code: 'balance_insufficient', mint: MINT })
    expect(table.reads).toBe(2)
  })

  it('carry the balance of the gate own requirement, the one that was added last', async () => {
    const table = tableBalances()
    table.set(ALICE, MINT, 50_000n * TOKEN)
    table.set(ALICE, OTHER_MINT, 11n * TOKEN)
    const { gate, request } = await gateKit({ balances: table })
    const both = gate.with({ balance: ACTO }).with({ balance: USDT })
    expect(await both(request())).toMatchObject({ access: { balance: { amount: 11n * TOKEN } } })
    expect(await both(request())).toMatchObject({ access: { balance: { amount: 11n * TOKEN } } })
  })

  it('on one mint are both weighed, on one reading', async () => {
    const table = tableBalances()
    table.set(ALICE, MINT, 60n * TOKEN)
    const { gate, request } = await gateKit({ balances: table })
    const strict = gate
      .with({ balance: { ...ACTO, minimum: '50' } })
      .with({ balance: { ...ACTO, minimum: '70' } })
    const lax = gate
      .with({ balance: { ...ACTO, minimum: '50' } })
      .with({ balance: { ...ACTO, minimum: '55' } })
    expect((await ask(strict, request())).body).toMatchObject({ status: 403, required: '70', balance: '60' })
    expect((await ask(lax, request())).status).toBe(200)
    expect(table.reads).toBe(1)
  })
})

describe('gates that are stacked on one request', () => {
  it('read a balance once between them', async () => {
    const table = tableBalances()
    table.set(ALICE, MINT, 60n * TOKEN)
    const { gate, request } = await gateKit({ balances: table, balanceCache: false })
    const members = gate.with({ balance: { ...ACTO, minimum: '50' } })
    const patrons = gate.with({ balance: { ...ACTO, minimum: '70' } })
    const one = request()
    expect((await ask(members, one)).status).toBe(200)
    expect((await ask(members, one)).status).toBe(200)
    expect((await ask(patrons, one)).status).toBe(403)
    expect(table.reads).toBe(1)
    await ask(members, request())
    expect(table.reads).toBe(2)
  })

  it('weigh what was read, whatever a policy in between or the source itself makes of it', async () => {
    const answer = { ...balance(60n * TOKEN), rpcUrl: 'https://rpc.example/key' }
    const source: BalanceSource = { read: async () => answer, readMint: async () => ({ decimals: 9 }) }
    const { gate, request } = await gateKit({ balances: source, balanceCache: false })
    const seen: unknown[] = []
    const members = gate.with({
      balance: { ...ACTO, minimum: '50' },
      policy: ({ access }) => {
        seen.push({ ...access.balance })
        answer.amount = 90n * TOKEN
        return !Reflect.set(access.balance ?? {}, 'amount', 90n * TOKEN)
      },
    })
    const patrons = gate.with({ balance: { ...ACTO, minimum: '70' } })
    const one = request()
    expect((await ask(members, one)).status).toBe(200)
    expect(seen).toEqual([balance(60n * TOKEN)])
    expect((await ask(patrons, one)).body).toMatchObject({ status: 403, balance: '60' })
  })

  it('read another one for a wallet header that was changed in between', async () => {
    const table = tableBalances()
    table.set(ALICE, MINT, 50_000n * TOKEN)
    const { gate, request } = await gateKit({ balances: table })
    const members = gate.with({ balance: ACTO })
    const rich = request(ALICE)
    expect((await ask(members, rich)).status).toBe(200)
    const changed = { ...rich, rawHeaders: request(BOB).rawHeaders, native: {}, message: rich.message }
    expect(
      (await ask(members, { ...changed, rawHeaders: [...rich.rawHeaders.slice(0, 3), BOB] })).body,
    ).toMatchObject({
      status: 403,
      balance: '0',
      remedy: { wallet: BOB },
    })
  })

  it('ask again where a balance could not be read before', async () => {
    const table = tableBalances()
    table.set(ALICE, MINT, 50_000n * TOKEN)
    const { gate, request } = await gateKit({ balances: table })
    const members = gate.with({ balance: ACTO })
    const one = request()
    table.fault = () => Promise.reject(new Error('down'))
    expect((await ask(members, one)).status).toBe(503)
    table.fault = undefined
    expect((await ask(members, one)).status).toBe(200)
  })
})

describe('a lower bound', () => {
  async function withBounds(lower: bigint, exact: bigint | 'down' | 'a lower bound again') {
    const asked: string[] = []
    const source: BalanceSource = {
      async read(query) {
        asked.push(query.exact ? 'exact' : 'lower')
        if (!query.exact) return balance(lower * TOKEN, { exact: false })
        if (exact === 'down') throw new Error('down')
        return exact === 'a lower bound again'
          ? balance(lower * TOKEN, { exact: false })
          : balance(exact * TOKEN)
      },
      readMint: async () => ({ decimals: 9 }),
    }
    const { gate, request } = await gateKit({ balances: source })
    return { seen: await ask(gate.with({ balance: ACTO }), request()), asked }
  }

  it('lets in whom it suffices, without reading exactly', async () => {
    const { seen, asked } = await withBounds(50_000n, 60_000n)
    expect(seen.status).toBe(200)
    expect(asked).toEqual(['lower'])
  })

  it('never refuses: what does not suffice is read exactly', async () => {
    const { seen, asked } = await withBounds(40_000n, 60_000n)
    expect(seen.status).toBe(200)
    expect(asked).toEqual(['lower', 'exact'])
  })

  it('is never rendered: a refusal tells the exact balance', async () => {
    const { seen } = await withBounds(30_000n, 40_000n)
    expect(seen.body).toMatchObject({ status: 403, balance: '40000', remedy: { amount: '10000' } })
  })

  it.each(['down', 'a lower bound again'] as const)(
    'is an outage where the exact reading is %s',
    async (exact) => {
      const { seen } = await withBounds(30_000n, exact)
      expect(seen.body).toMatchObject({ status: 503, code: 'dependency_unavailable' })
      expect(JSON.stringify(seen.body)).not.toContain('30000')
    },
  )
})

describe('a chain that cannot be read', () => {
  const answers: readonly (readonly [string, () => unknown])[] = [
    ['rejects', () => Promise.reject(new Error('down'))],
    ['rejects with text', () => Promise.reject('down')],
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['answers null', () => null],
    ['answers undefined', () => undefined],
    ['answers an amount that is a number', () => ({ ...balance(1n), amount: 6e13 })],
    ['answers an amount that is text', () => ({ ...balance(1n), amount: '60000000000000' })],
    ['answers a negative amount', () => balance(-1n)],
    ['answers zero as a number', () => ({ ...balance(1n), amount: 0 })],
    ['answers no slot', () => ({ amount: 60_000n * TOKEN, decimals: 9, exact: true })],
    ['answers half a decimal', () => balance(60_000n * TOKEN, { decimals: 0.5 })],
  ]

  it.each(answers.flatMap(([name, fault]) => [true, false].map((cache) => [name, cache, fault] as const)))(
    'is a 503 that tells nothing where it %s (cache: %s)',
    async (_, cache, fault) => {
      const table = tableBalances()
      table.set(ALICE, MINT, 50_000n * TOKEN)
      const options = cache ? {} : { balanceCache: false as const }
      const { gate, request, events } = await gateKit({ balances: table, ...options })
      const members = gate.with({ balance: ACTO })
      table.fault = () => fault() as Balance
      const { status, body } = await ask(members, request())
      expect(status).toBe(503)
      expect(body).toEqual({
        type: 'urn:sallyport:problem:dependency_unavailable',
        title: 'Dependency unavailable',
        status: 503,
        detail: 'The request could not be decided. Try again shortly.',
        code: 'dependency_unavailable',
        decision_id: expect.any(String),
        retryable: true,
      })
      expect(events.at(-1)).toMatchObject({ outage: { dependency: 'balances' } })
      table.fault = undefined
      expect((await ask(members, request())).status).toBe(200)
    },
  )

  it.each([{}, { balanceCache: false } as const])(
    'is a 503 at the deadline where it never answers: %o',
    async (cache) => {
      const table = tableBalances()
      table.set(ALICE, MINT, 50_000n * TOKEN)
      const { gate, request } = await gateKit({ balances: table, portTimeoutMs: 20, ...cache })
      const members = gate.with({ balance: ACTO })
      table.fault = () => new Promise(() => undefined)
      expect((await ask(members, request())).status).toBe(503)
      table.fault = undefined
      expect((await ask(members, request())).status).toBe(200)
    },
  )

  it('leaves no timer behind once it has answered', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const { gate, request } = await gateKit({ balances: tableBalances(), balanceCache: false })
    const members = gate.with({ balance: ACTO })
    const before = timers()
    for (let at = 0; at < 20; at++) await ask(members, request())
    expect(timers()).toBe(before)
  })

  it('still lets in a holder it knew, at the deadline, as long as staleIfErrorMs allows', async () => {
    const clock = manualClock()
    const table = tableBalances()
    table.set(ALICE, MINT, 50_000n * TOKEN)
    const { gate, request, events } = await gateKit({ balances: table, portTimeoutMs: 20, clock })
    const members = gate.with({ balance: ACTO })
    await ask(members, request())
    table.fault = () => new Promise(() => undefined)
    clock.advance(359_999)
    expect((await ask(members, request())).status).toBe(200)
    expect(events.at(-1)).toMatchObject({ balance: 'stale' })
    clock.advance(1)
    expect((await ask(members, request())).status).toBe(503)
  })
})
