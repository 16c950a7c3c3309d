import { once } from 'node:events'
import { connect, constants, type Http2ServerResponse } from 'node:http2'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SpendAppDescription, Turn } from '../support/spend-app.js'
import { signal } from '../support/spend-client.js'
import { fastifyHttp2Harnesses } from '../support/spend-fastify.js'
import { createSpendWorld } from '../support/spend-world.js'

const COMMITTED = 'committed 1000: reserve commit'
const RELEASED = 'released: reserve release'

describe.each(fastifyHttp2Harnesses)('a spend on $name', (harness) => {
  async function setUp(changes: Pick<SpendAppDescription, 'handle'> & Partial<SpendAppDescription>) {
    const world = await createSpendWorld()
    const intend = () => ({ amountMinor: 1_000, currency: 'EUR' })
    const app = await harness.start({ gate: world.gate, intend, ...changes })
    onTestFinished(() => app.close())
    const session = connect(app.origin)
    onTestFinished(() => session.destroy())
    const open = () => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/v1/orders/north',
        'content-type': 'application/json',
        ...Object.fromEntries(world.buyer.map(([name, value]) => [name.toLowerCase(), value])),
      })
      stream.on('error', () => undefined)
      stream.end('{}')
      return stream
    }
    const buy = async () => {
      const stream = open()
      const [headers] = await once(stream, 'response')
      stream.resume()
      await once(stream, 'close')
      return headers[':status']
    }
    return { ...world, app, open, buy }
  }

  test.each([
    [201, COMMITTED],
    [409, RELEASED],
    [500, COMMITTED],
  ])('that is answered with %i ends as it says', async (status, fate) => {
    const world = await setUp({ handle: () => ({ status, json: {} }) })
    expect(await world.buy()).toBe(status)
    await expect.poll(world.fate).toBe(fate)
  })

  test('ends as the status says that was sent, not by one that was set afterwards', async () => {
    const handle = ({ response }: Turn) => {
      response.writeHead(200)
      response.statusCode = 400
      response.end('ordered')
      return 'by hand' as const
    }
    const world = await setUp({ handle })
    expect(await world.buy()).toBe(200)
    await expect.poll(world.fate).toBe(COMMITTED)
  })

  test.each([
    [
      'before',
      ({ response }: Turn) => {
        response.statusCode = 400
      },
    ],
    [
      'in the middle of',
      ({ response }: Turn) => {
        response.writeHead(400)
        response.write('no')
      },
    ],
  ])('counts where the client goes away %s a refusal', async (_when, write) => {
    const entered = signal()
    const handle = (turn: Turn) => {
      write(turn)
      entered.give()
      return 'by hand' as const
    }
    const world = await setUp({ handle })
    const stream = world.open()
    await entered.given
    expect(await world.fate()).toBe('held: reserve')
    stream.close(constants.NGHTTP2_CANCEL)
    await expect.poll(world.fate).toBe(COMMITTED)
  })

  test('gives back what it holds where the client has gone away before the handler', async () => {
    const before: SpendAppDescription['before'] = (response) =>
      (response as unknown as Http2ServerResponse).stream.destroy()
    const world = await setUp({ before, handle: () => ({ status: 200, json: {} }) })
    world.open()
    await expect.poll(world.fate).toBe(RELEASED)
    expect(world.app.entered()).toBe(0)
  })
})
