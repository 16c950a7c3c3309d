import { describe, expect, onTestFinished, test } from 'vitest'
import { stores } from '../registry.js'
import { manualClock } from '../support/clock.js'
import type { RawResponse } from '../support/http.js'
import { describeWithServer } from '../support/servers.js'
import type { SpendAppDescription, SpendHarness } from '../support/spend-app.js'
import { order, signal } from '../support/spend-client.js'
import { spendHarnesses } from '../support/spend-harnesses.js'
import { createSpendWorld, type WorldOptions } from '../support/spend-world.js'

const LIMIT = 500
const DECLINED = 1_000

const intend: SpendAppDescription['intend'] = ({ body, header }) => ({
  amountMinor: (body as { total: unknown }).total,
  currency: (body as { currency: unknown }).currency,
  idempotencyKey: header('Idempotency-Key'),
})

/** A shop whose buyer has a mandate of 5 euros that only observes. */
async function setUp(harness: SpendHarness, handle: SpendAppDescription['handle'], options?: WorldOptions) {
  // A busy machine may take its time: here nothing is an outage.
  const gateOptions = { portTimeoutMs: 15_000 }
  const world = await createSpendWorld({ mode: 'observe', limit: LIMIT, gateOptions, ...options })
  onTestFinished(() => world.gate.close())
  const app = await harness.start({ gate: world.gate, intend, handle })
  onTestFinished(() => app.close())
  return {
    ...world,
    app,
    buy: (key: string | undefined, total = DECLINED, currency = 'EUR') =>
      order(app, { total, currency }, { headers: world.buyer, ...(key !== undefined && { key }) }),
    enforce: () => world.spending.mandates.update('acme', world.mandate.id, { mode: 'enforce' }),
    /** What the policy said to the latest spend that was decided. */
    evaluated: () => world.events.findLast(({ spend }) => spend !== undefined)?.spend?.evaluated,
  }
}

const ok = () => ({ status: 200, json: { ok: true } })
const codeOf = (answer: RawResponse) => (answer.status === 200 ? 'ok' : String(answer.json().code))

/** Sends one key twenty times at once: the handler ends when all others have been refused. */
async function race(harness: SpendHarness, currency: string, options?: WorldOptions) {
  const others = signal()
  let refused = 0
  const handle = async () => {
    await others.given
    return ok()
  }
  const world = await setUp(harness, handle, options)
  const buyOne = async () => {
    const code = codeOf(await world.buy('one', DECLINED, currency))
    if (code !== 'ok' && ++refused === 19) others.give()
    return code
  }
  const codes = await Promise.all(Array.from({ length: 20 }, buyOne))
  expect(codes.filter((code) => code === 'ok')).toHaveLength(1)
  expect(codes.filter((code) => code === 'idempotency_in_progress')).toHaveLength(19)
  expect(codeOf(await world.buy('one', DECLINED, currency))).toBe('already_committed')
  expect(world.app.entered()).toBe(1)
  expect(await world.fate()).toBe('committed 1000: reserve commit')
  return world
}

describe.each(spendHarnesses)('a key of what is declined and only observed, on $name', (harness) => {
  test('runs the handler once, however often and at once it comes', async () => {
    const world = await race(harness, 'EUR')
    expect(world.evaluated()).toBe('DECLINE')
    expect((await world.buy('one', DECLINED + 1)).json()).toMatchObject({ code: 'idempotency_conflict' })
    expect((await world.buy('two')).status).toBe(200)
    expect((await world.buy(undefined)).status).toBe(200)
    expect((await world.buy(undefined)).status).toBe(200)
    expect(world.app.entered()).toBe(4)
  })

  test('runs the handler once where it is declined before any budget is looked at', async () => {
    const world = await race(harness, 'USD')
    const told = world.events.findLast(({ spend }) => spend !== undefined)?.spend
    expect(told).toMatchObject({ evaluated: 'DECLINE', reasonCode: 'CURRENCY_NOT_ALLOWED' })
  })

  test('runs it again after a refusal of the handler and a release, and not after that', async () => {
    const answers = [400, 422, 500, 200]
    const world = await setUp(harness, async ({ spend }) => {
      const status = answers.shift() ?? 599
      if (status === 500) await spend.release()
      return { status, json: {} }
    })
    for (const status of [400, 422, 500, 200]) expect((await world.buy('one')).status).toBe(status)
    expect(codeOf(await world.buy('one'))).toBe('already_committed')
    expect(world.app.entered()).toBe(4)
    const released = 'reserve release '.repeat(3)
    expect(await world.fate()).toBe(`committed 1000: ${released}reserve commit`)
    const evaluated = world.events.flatMap(({ spend }) => spend?.evaluated ?? [])
    expect(evaluated).toEqual(Array.from({ length: 4 }, () => 'DECLINE'))
  })

  test('is spent where its time is over', async () => {
    const entered = signal()
    const over = signal()
    const world = await setUp(harness, async () => {
      entered.give()
      await over.given
      return ok()
    })
    const first = world.buy('one')
    await entered.given
    expect(codeOf(await world.buy('one'))).toBe('idempotency_in_progress')
    world.clock.advance(900_000)
    expect(codeOf(await world.buy('one'))).toBe('already_committed')
    over.give()
    expect((await first).status).toBe(200)
    expect(await world.fate()).toBe('committed 1000: reserve expire')
  })

  test('takes nothing, neither of what is observed nor of what is enforced', async () => {
    const world = await setUp(harness, ok)
    for (const key of ['a', 'b', 'c']) expect((await world.buy(key)).status).toBe(200)
    expect((await world.buy('d', LIMIT)).status).toBe(200)
    expect(world.evaluated()).toBe('APPROVE')
    expect((await world.buy('e', 1)).status).toBe(200)
    expect(world.evaluated()).toBe('DECLINE')
    await world.enforce()
    // It was entered while the mandate observed: to enforce it does not enter it again.
    expect(codeOf(await world.buy('a'))).toBe('already_committed')
    expect((await world.buy('f', LIMIT)).status).toBe(200)
    expect((await world.buy('g', 1)).json()).toMatchObject({ status: 403, reason_code: 'BUDGET_EXCEEDED' })
  })

  test('is held by nothing where the mandate enforces', async () => {
    const world = await setUp(harness, ok, { mode: 'enforce', limit: LIMIT })
    for (const _ of [1, 2]) expect((await world.buy('one')).status).toBe(403)
    expect(await world.fate()).toBe('declined: decline decline')
    expect(world.app.entered()).toBe(0)
  })
})

for (const harness of Object.values(stores).flat()) {
  const suites = () => {
    test.each(['EUR', 'USD'])('runs the handler once, though it is declined: %s', async (currency) => {
      const clock = manualClock()
      const { store, close } = await harness.open(clock)
      onTestFinished(close)
      const [express] = spendHarnesses
      if (express === undefined) throw new Error('there are six majors')
      await race(express, currency, { clock, store })
    })
  }
  const title = `a key over the store ${harness.name}`
  if (harness.server === undefined) describe(title, suites)
  else describeWithServer(title, harness.server, suites)
}
