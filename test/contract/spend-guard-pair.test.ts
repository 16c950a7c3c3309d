import type { MemoryStore } from 'sallyport/stores/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SpendAppDescription } from '../support/spend-app.js'
import { openOrder, order, signal } from '../support/spend-client.js'
import { spendHarnesses } from '../support/spend-harnesses.js'
import { createSpendWorld, type WorldOptions } from '../support/spend-world.js'

type Intend = SpendAppDescription['intend']
type Reserve = MemoryStore['reserve']

const keyed: Intend = ({ header }) => ({
  amountMinor: 1_000,
  currency: 'EUR',
  idempotencyKey: header('Idempotency-Key'),
})
const keyless: Intend = () => ({ amountMinor: 30, currency: 'EUR' })

const RELEASED = 'released: reserve release'

/** A store that does the second reservation otherwise. */
const secondly = (instead: (reserve: () => ReturnType<Reserve>) => ReturnType<Reserve>) => {
  let calls = 0
  return (store: MemoryStore): MemoryStore => ({
    ...store,
    reserve: (...call) => {
      const reserve = () => store.reserve(...call)
      return ++calls === 2 ? instead(reserve) : reserve()
    },
  })
}

describe.each(spendHarnesses)('two guards on one route on $name', (harness) => {
  async function setUp(changes: Partial<SpendAppDescription> = {}, options?: WorldOptions) {
    const world = await createSpendWorld(options)
    const app = await harness.start({
      gate: world.gate,
      intend: keyed,
      intendNext: keyed,
      handle: () => ({ status: 200, json: {} }),
      ...changes,
    })
    onTestFinished(() => app.close())
    const buy = (key = 'one') => order(app, {}, { headers: world.buyer, key })
    return { ...world, app, buy }
  }

  test('hold one spend each under the same key, and both only once', async () => {
    const world = await setUp()
    expect((await world.buy()).status).toBe(200)
    expect((await world.buy()).json()).toMatchObject({ code: 'already_committed' })
    expect(await world.fate()).toBe('committed 1000: reserve commit; committed 1000: reserve commit')
    expect(world.app.entered()).toBe(1)
  })

  test('hold under the key of the second once, also where the first has none', async () => {
    const world = await setUp({ intend: keyless })
    expect((await world.buy()).status).toBe(200)
    expect((await world.buy()).json()).toMatchObject({ code: 'already_committed' })
    await expect
      .poll(world.fate)
      .toBe(`${RELEASED}; committed 1000: reserve commit; committed 30: reserve commit`)
  })

  test('give back what the first holds where the second cannot be decided', async () => {
    const lost = () => Promise.reject(new Error('the connection was lost'))
    const world = await setUp({}, { wrap: secondly(lost) })
    expect((await world.buy()).status).toBe(503)
    await expect.poll(world.fate).toBe(RELEASED)
    expect(world.app.entered()).toBe(0)
  })

  test('give back what the first holds where the second is declined', async () => {
    const world = await setUp({}, { limit: 1_500 })
    expect((await world.buy()).status).toBe(403)
    await expect.poll(world.fate).toBe(`declined: decline; ${RELEASED}`)
  })

  test('give back what the first holds where the second fails', async () => {
    const world = await setUp({ intendNext: () => Promise.reject(new Error('broken')) })
    expect((await world.buy()).status).toBe(500)
    await expect.poll(world.fate).toBe(RELEASED)
  })

  test('give back both where the client goes away while the second is decided', async () => {
    const asked = signal()
    const late = signal()
    const closed = signal()
    const wrap = secondly(async (reserve) => {
      asked.give()
      await late.given
      return reserve()
    })
    const before = (response: Parameters<NonNullable<SpendAppDescription['before']>>[0]) =>
      void response.once('close', closed.give)
    const world = await setUp({ before }, { wrap })
    const socket = openOrder(world.app, {}, world.buyer, 'one')
    await asked.given
    socket.destroy()
    await closed.given
    late.give()
    await expect.poll(world.fate).toBe(`${RELEASED}; ${RELEASED}`)
    expect(world.app.entered()).toBe(0)
  })

  test('count both where the client goes away while the handler runs', async () => {
    const entered = signal()
    const handle = () => {
      entered.give()
      return new Promise<never>(() => undefined)
    }
    const world = await setUp({ handle })
    const socket = openOrder(world.app, {}, world.buyer, 'one')
    await entered.given
    socket.destroy()
    await expect.poll(world.fate).toBe('committed 1000: reserve commit; committed 1000: reserve commit')
  })
})
