import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import type { MemoryStore } from 'sallyport/stores/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Answer, SpendAppDescription, Turn } from '../support/spend-app.js'
import { openOrder, order, signal } from '../support/spend-client.js'
import { spendHarnesses } from '../support/spend-harnesses.js'
import { createSpendWorld, type WorldOptions } from '../support/spend-world.js'

const intend: SpendAppDescription['intend'] = ({ body }) => ({
  amountMinor: (body as { total: unknown }).total,
  currency: 'EUR',
})

const COMMITTED = 'committed 1000: reserve commit'
const RELEASED = 'released: reserve release'

describe.each(spendHarnesses)('a spend on $name', (harness) => {
  async function setUp(handle: SpendAppDescription['handle'], options?: WorldOptions) {
    const world = await createSpendWorld(options)
    const app = await harness.start({ gate: world.gate, intend, handle })
    onTestFinished(() => app.close())
    const buy = (total: unknown = 1_000) => order(app, { total }, { headers: world.buyer })
    return { ...world, app, buy }
  }

  const answered: readonly (readonly [string, () => Answer | Promise<Answer>, number, string])[] = [
    ['JSON with 200', () => ({ status: 200, json: { ok: true } }), 200, COMMITTED],
    ['JSON with 201, later', async () => ({ status: 201, json: { ok: true } }), 201, COMMITTED],
    ['text', () => ({ text: 'ordered' }), 200, COMMITTED],
    ['a redirect', () => ({ redirect: '/v1/receipts/1' }), 302, COMMITTED],
    ['a stream', () => ({ stream: Readable.from(['or', 'dered']) }), 200, COMMITTED],
    ['JSON with 400', () => ({ status: 400, json: { ok: false } }), 400, RELEASED],
    ['JSON with 402', async () => ({ status: 402, json: { ok: false } }), 402, RELEASED],
    ['JSON with 499', () => ({ status: 499, json: { ok: false } }), 499, RELEASED],
    ['JSON with 500', () => ({ status: 500, json: { ok: false } }), 500, COMMITTED],
    ['JSON with 503', async () => ({ status: 503, json: { ok: false } }), 503, COMMITTED],
  ]
  test.each(answered)('that is answered with %s ends as it says', async (_what, handle, status, fate) => {
    const world = await setUp(handle)
    expect((await world.buy()).status).toBe(status)
    await expect.poll(world.fate).toBe(fate)
    expect(world.app.entered()).toBe(1)
  })

  const byHand: readonly (readonly [string, (turn: Turn) => void, number, string])[] = [
    ['end', ({ response }) => void response.end('ordered'), 200, COMMITTED],
    [
      'write and end',
      ({ response }) => {
        response.statusCode = 422
        response.write('no')
        response.end('thing')
      },
      422,
      RELEASED,
    ],
    [
      'pipe',
      ({ response }) => {
        response.statusCode = 200
        Readable.from(['or', 'dered']).pipe(response)
      },
      200,
      COMMITTED,
    ],
    [
      'writeHead of a refusal',
      ({ response }) => {
        response.writeHead(422)
        response.end('nothing')
      },
      422,
      RELEASED,
    ],
    [
      'writeHead, and another status afterwards',
      ({ response }) => {
        response.writeHead(201)
        response.statusCode = 400
        response.end('ordered')
      },
      201,
      COMMITTED,
    ],
    [
      'write, and another status afterwards',
      ({ response }) => {
        response.write('or')
        response.statusCode = 404
        response.end('dered')
      },
      200,
      COMMITTED,
    ],
    [
      'flushHeaders, and another status afterwards',
      ({ response }) => {
        response.statusCode = 409
        response.flushHeaders()
        response.statusCode = 200
        response.end('nothing')
      },
      409,
      RELEASED,
    ],
  ]
  test.each(byHand)("that is answered through Node's %s ends as it says", async (_w, write, status, fate) => {
    const world = await setUp((turn) => {
      setImmediate(() => {
        turn.response.statusCode = 200
        write(turn)
      })
      return 'by hand'
    })
    expect((await world.buy()).status).toBe(status)
    await expect.poll(world.fate).toBe(fate)
  })

  test.each([
    [
      'throws at once',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('counts where the handler %s', async (_how, handle) => {
    const world = await setUp(handle)
    expect((await world.buy()).status).toBe(500)
    await expect.poll(world.fate).toBe(COMMITTED)
    expect(world.app.errors).toHaveLength(1)
  })

  test('counts where a stream breaks after its first bytes', async () => {
    const stream = new PassThrough()
    const world = await setUp(() => ({ stream }))
    const socket = openOrder(world.app, { total: 1_000 }, world.buyer)
    stream.write('first')
    await once(socket, 'data')
    stream.destroy(new Error('broken'))
    // Koa 2 leaves the response open: then it is the client that gives up.
    if (harness.name === 'koa 2') socket.destroy()
    await expect.poll(world.fate).toBe(COMMITTED)
  })

  test('counts where the client goes away before it is answered', async () => {
    const entered = signal()
    const world = await setUp(() => {
      entered.give()
      return new Promise<never>(() => undefined)
    })
    const socket = openOrder(world.app, { total: 1_000 }, world.buyer)
    await entered.given
    expect(await world.fate()).toBe('held: reserve')
    socket.destroy()
    await expect.poll(world.fate).toBe(COMMITTED)
  })

  test('counts where the client goes away while it is answered', async () => {
    const stream = new PassThrough()
    const world = await setUp(() => ({ stream }))
    const socket = openOrder(world.app, { total: 1_000 }, world.buyer)
    stream.write('first')
    await once(socket, 'data')
    expect(await world.fate()).toBe('held: reserve')
    socket.destroy()
    await expect.poll(world.fate).toBe(COMMITTED)
  })

  test('counts in full once its time is over, as where the process has died', async () => {
    const entered = signal()
    const world = await setUp(() => {
      entered.give()
      return 'by hand'
    })
    openOrder(world.app, { total: 1_000 }, world.buyer)
    await entered.given
    world.clock.advance(900_000)
    expect(await world.fate()).toBe('committed 1000: reserve expire')
  })

  test('counts as much as the handler says, and the rest can be spent at once', async () => {
    const left: unknown[] = []
    const world = await setUp(
      async ({ spend }) => {
        await spend.commit(400n)
        await spend.commit(400n)
        left.push(await spend.commit().catch(({ code, message }) => [code, message]))
        left.push(await spend.release().catch(({ code }) => code))
        return { status: 200, json: { reservation: spend.reservationId, mode: spend.mode } }
      },
      { limit: 1_400 },
    )
    const answer = await world.buy()
    const [first] = await world.reservations()
    expect(answer.json()).toEqual({ reservation: first?.id, mode: 'enforce' })
    expect(left).toEqual([
      ['ERR_SPEND_SETTLED', `the reservation ${first?.id} was already committed: 400 of 1000`],
      'ERR_SPEND_SETTLED',
    ])
    expect(await world.fate()).toBe('committed 400: reserve commit')
    expect((await world.buy()).status).toBe(200)
    expect((await world.buy()).status).toBe(403)
  })

  test.each([
    ['0', 0n, 'committed 0: reserve commit'],
    ['all', 1_000n, COMMITTED],
  ])('may be committed to the bounds: %s', async (_what, amount, fate) => {
    const world = await setUp(async ({ spend }) => {
      await spend.commit(amount)
      return { status: 400, json: {} }
    })
    await world.buy()
    expect(await world.fate()).toBe(fate)
  })

  test('is given back where the handler says so, whatever it answers', async () => {
    const world = await setUp(
      async ({ spend: { release, commit } }) => {
        await release()
        await release()
        const refused = await commit().catch(({ code }) => code)
        return { status: 200, json: { refused } }
      },
      { limit: 1_000 },
    )
    expect((await world.buy()).json()).toEqual({ refused: 'ERR_SPEND_SETTLED' })
    expect(await world.fate()).toBe(RELEASED)
    expect((await world.buy()).status).toBe(200)
  })

  test('takes no amount that is more, less or none', async () => {
    const errors: { name: string; code: string; message: string }[] = []
    const world = await setUp(async ({ spend }) => {
      for (const amount of [1_001n, -1n, 400, '400', null, Number.NaN, {}]) {
        await spend.commit(amount as bigint).catch((error) => errors.push(error))
      }
      return { status: 200, json: {} }
    })
    await world.buy()
    const codes = errors.map(({ name, code }) => `${name} ${code}`)
    expect(codes).toEqual(Array(7).fill('SpendError ERR_SPEND_AMOUNT'))
    expect(errors[2]?.message).toContain('400n, not 400')
    await expect.poll(world.fate).toBe(COMMITTED)
  })

  test('ends once where everything is asked for at the same time', async () => {
    let settled = 0
    const wrap = (store: MemoryStore): MemoryStore => ({
      ...store,
      async settle(...call) {
        settled++
        await new Promise(setImmediate)
        return store.settle(...call)
      },
    })
    const world = await setUp(
      async ({ spend }) => {
        const asked = [spend.commit(400n), spend.release(), spend.commit(), spend.commit(400n)]
        const answers = await Promise.allSettled(asked)
        return { status: 400, json: { answers: answers.map(({ status }) => status) } }
      },
      { wrap },
    )
    const { answers } = (await world.buy()).json()
    expect(answers).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(await world.fate()).toBe('committed 400: reserve commit')
    expect(settled).toBe(1)
  })
})
