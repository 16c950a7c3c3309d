import { createGate } from 'sallyport'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stores } from '../registry.js'
import { manualClock } from '../support/clock.js'
import { describeWithServer } from '../support/servers.js'
import type { SpendAppDescription } from '../support/spend-app.js'
import { order } from '../support/spend-client.js'
import { spendHarnesses } from '../support/spend-harnesses.js'
import { createSpendWorld } from '../support/spend-world.js'
import type { StoreHarness } from './store-harness.js'

const intend: SpendAppDescription['intend'] = ({ header }) => ({
  amountMinor: 1_000,
  currency: 'EUR',
  idempotencyKey: header('Idempotency-Key'),
})

for (const harness of Object.values(stores).flat()) {
  const suites = () => {
    test('lets exactly as many through as fit, over two instances and two frameworks', async () => {
      const { buy, entered, reservations } = await setUp(harness)
      const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => buy(at)))
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(10)
      expect(statuses.filter((status) => status === 403)).toHaveLength(30)
      expect(entered()).toBe(10)
      const committed = async () => (await reservations()).filter(({ state }) => state === 'committed')
      await expect.poll(async () => (await committed()).length).toBe(10)
    })

    test('runs the handler once for one key, over two instances and two frameworks', async () => {
      const { buy, entered, fate } = await setUp(harness)
      const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => buy(at, 'one')))
      const codes = answers.map((answer) => (answer.status === 200 ? 'ok' : String(answer.json().code)))
      expect(codes.filter((code) => code === 'ok')).toHaveLength(1)
      for (const code of codes) expect(code).toMatch(/^(?:ok|idempotency_in_progress|already_committed)$/)
      await expect.poll(fate).toBe('committed 1000: reserve commit')
      for (const at of [0, 1])
        expect((await buy(at, 'one')).json()).toMatchObject({ code: 'already_committed' })
      expect(entered()).toBe(1)
    })

    test('makes anew what was given back', async () => {
      const { buy, fate } = await setUp(harness, 400)
      expect((await buy(0, 'one')).status).toBe(400)
      await expect.poll(fate).toBe('released: reserve release')
      expect((await buy(1, 'one')).status).toBe(400)
      await expect.poll(fate).toBe('released: reserve release reserve release')
    })
  }
  const title = `reserveSpend over the store ${harness.name}`
  if (harness.server === undefined) describe(title, suites)
  else describeWithServer(title, harness.server, suites)
}

/** Two instances that share a store, on Express and on Koa. */
async function setUp({ open }: StoreHarness, status: 200 | 400 = 200) {
  const clock = manualClock()
  const { store, another, close } = await open(clock)
  onTestFinished(close)
  const other = await another()
  onTestFinished(() => other.close())
  // A busy machine may take its time: here nothing is an outage.
  const gateOptions = { portTimeoutMs: 15_000 }
  const world = await createSpendWorld({ clock, store, gateOptions })
  const gates = [world.gate, createGate({ ...gateOptions, store: other, clock })]
  const apps = await Promise.all(
    gates.map(async (gate, at) => {
      onTestFinished(() => gate.close())
      const harness = spendHarnesses[at * 4]
      if (harness === undefined) throw new Error('there are six majors')
      const app = await harness.start({ gate, intend, handle: () => ({ status, json: {} }) })
      onTestFinished(() => app.close())
      return app
    }),
  )
  return {
    ...world,
    /** At one of the instances, in turn. */
    async buy(at: number, key?: string) {
      const app = apps[at % 2]
      if (app === undefined) throw new Error('there are two instances')
      return order(app, {}, { headers: world.buyer, ...(key !== undefined && { key }) })
    },
    entered: () => apps.reduce((sum, app) => sum + app.entered(), 0),
  }
}
