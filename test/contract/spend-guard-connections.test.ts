import type { Socket } from 'node:net'
import type { MemoryStore } from 'sallyport/stores/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Answer, SpendAppDescription } from '../support/spend-app.js'
import { openOrder, signal, writeOrder } from '../support/spend-client.js'
import { spendHarnesses } from '../support/spend-harnesses.js'
import { createSpendWorld, type WorldOptions } from '../support/spend-world.js'

const intend: SpendAppDescription['intend'] = ({ header }) => ({
  amountMinor: 100,
  currency: 'EUR',
  idempotencyKey: header('Idempotency-Key'),
})

const COMMITTED = 'committed 100: reserve commit'

describe.each(spendHarnesses)('requests that share a connection on $name', (harness) => {
  async function setUp(changes: Partial<SpendAppDescription>, options?: WorldOptions) {
    const world = await createSpendWorld(options)
    const app = await harness.start({
      gate: world.gate,
      intend,
      handle: () => ({ status: 200, json: {} }),
      ...changes,
    })
    onTestFinished(() => app.close())
    return { ...world, app }
  }

  const queued: readonly (readonly [string, () => Answer])[] = [
    ['is not answered', () => 'by hand'],
    ['is refused, of which nobody hears', () => ({ status: 400, json: {} })],
  ]
  test.each(queued)('are counted when it dies, also one in the queue that %s', async (_how, answer) => {
    const both = signal()
    let runs = 0
    const handle = () => {
      runs++
      if (runs === 2) both.give()
      return runs === 1 ? 'by hand' : answer()
    }
    const world = await setUp({ handle })
    const socket = openOrder(world.app, {}, world.buyer, 'one')
    writeOrder(socket, {}, world.buyer, 'two')
    await both.given
    expect(await world.fate()).toBe('held: reserve; held: reserve')
    socket.destroy()
    await expect.poll(world.fate).toBe(`${COMMITTED}; ${COMMITTED}`)
  })

  test('are given back where it dies before the handler, also in the queue', async () => {
    const asked = signal()
    const late = signal()
    const closed = signal()
    let calls = 0
    const wrap = (store: MemoryStore): MemoryStore => ({
      ...store,
      reserve: async (...call) => {
        if (++calls === 2) {
          asked.give()
          await late.given
        }
        return store.reserve(...call)
      },
    })
    const before: SpendAppDescription['before'] = (response) => void response.once('close', closed.give)
    const world = await setUp({ before, handle: () => 'by hand' }, { wrap })
    const socket = openOrder(world.app, {}, world.buyer, 'one')
    writeOrder(socket, {}, world.buyer, 'two')
    await asked.given
    socket.destroy()
    // The first is told; the second, which waits for its turn, is not.
    await closed.given
    late.give()
    await expect.poll(world.fate).toBe(`released: reserve release; ${COMMITTED}`)
    expect(world.app.entered()).toBe(1)
  })

  test('leave nothing behind on it, and are many without a warning', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => void warnings.push(warning)
    process.on('warning', note)
    onTestFinished(() => void process.off('warning', note))
    const listeners: number[] = []
    let connection: Socket | undefined
    const world = await setUp({
      handle: ({ response }) => {
        connection = response.req.socket
        listeners.push(connection.listenerCount('close'))
        return { status: 200, json: {} }
      },
    })
    const socket = openOrder(world.app, {}, world.buyer)
    for (let sent = 1; sent < 40; sent++) writeOrder(socket, {}, world.buyer)
    const states = async () => (await world.reservations()).filter(({ state }) => state === 'committed')
    await expect.poll(async () => (await states()).length).toBe(40)
    expect(connection?.listenerCount('close')).toBeLessThanOrEqual((listeners[0] ?? 0) + 1)
    socket.destroy()
    expect(warnings).toEqual([])
  })
})
