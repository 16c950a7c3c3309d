import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../registry.js'
import { ALICE, BOB, CAROL, MINT, OTHER_MINT } from '../support/addresses.js'
import { type RawResponse, send } from '../support/http.js'
import { type CheckCase, checkCases } from './adapter/check-cases.js'
import { comparable } from './adapter/comparable.js'
import { createWorld, type Headers, SECRET_CAUSE, start } from './adapter/world.js'
import type { AppDescription, RunningApp } from './adapter-contract.js'

const PATH = '/v1/access/check'
const JSON_TYPE = ['Content-Type', 'application/json'] as const

const harnesses = Object.values(adapters).flat()
const world = await createWorld({ mints: [{ mint: OTHER_MINT, symbol: 'OTHER' }] })
const { gate, members, alice, bob, balances } = world

function describeApp(more: AppDescription = {}): AppDescription {
  const endpoints = { gate, groups: { check: { balance: members } } }
  return { endpoints, guards: [{ require: gate }], fallback: () => ({ reached: true }), ...more }
}

// Where nobody has read the body, where the host has read it, and where it has parsed it too.
const unread: RunningApp[] = []
const read: RunningApp[] = []
const parsed: RunningApp[] = []
beforeAll(async () => {
  for (const harness of harnesses) {
    unread.push(await harness.start(describeApp({ parsesBehind: true })))
    unread.push(await harness.start(describeApp({ parser: 'form' })))
    read.push(await harness.start(describeApp({ parser: 'bytes' })))
    parsed.push(await harness.start(describeApp({ parser: 'json' })))
  }
})
afterAll(() => Promise.all([...unread, ...read, ...parsed].map((app) => app.close())))

describe('POST /v1/access/check', () => {
  test.each(checkCases(world))('answers $situation alike on every major', async (checkCase) => {
    const apps = [...unread, ...read, ...(checkCase.unparsed === true ? [] : parsed)]
    const [first, ...others] = await Promise.all(apps.map((app) => ask(app, checkCase)))
    expect(first?.json()).toMatchObject(checkCase.answer)
    expect(first?.status).toBe(checkCase.status)
    expect(first?.headers.get('content-type')).toBe(
      checkCase.status === 200 ? 'application/json' : 'application/problem+json',
    )
    expect(first?.headers.get('cache-control')).toBe('no-store')
    expect(others).toHaveLength(apps.length - 1)
    for (const other of others) expect(comparable(other)).toEqual(first && comparable(first))
  })

  test('tells a balance beyond the numbers of JSON exactly', async () => {
    balances.set(CAROL, MINT, 2n ** 53n * 10n ** 9n + 10n ** 9n + 1n)
    const checkCase = { situation: '', headers: world.carol, body: { owner: CAROL }, status: 200, answer: {} }
    for (const app of unread) {
      expect((await ask(app, checkCase)).json()).toEqual({
        allowed: true,
        reason: 'Sufficient balance',
        balance: Number('9007199254740993.000000001'),
        balance_exact: '9007199254740993.000000001',
        minimum_exact: '50000',
      })
    }
  })

  test('is an outage where the chain cannot be read', async () => {
    balances.fault = () => Promise.reject(new Error(SECRET_CAUSE))
    try {
      for (const app of [...unread, ...read, ...parsed]) {
        const answer = await post(app, bob, { owner: BOB })
        expect(answer.json()).toMatchObject({ status: 503, code: 'dependency_unavailable', retryable: true })
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
        expect(answer.body).not.toContain('hunter2')
      }
    } finally {
      balances.fault = undefined
    }
  })

  test('answers 413 to more than 16 KiB, announced or not, and the connection goes on', async () => {
    for (const app of unread) {
      for (const size of [16_385, 1_000_000]) {
        for (const chunked of [false, true]) {
          const [tooLarge, next] = await uploadThenCheck(app, size, chunked)
          expect(tooLarge).toMatchObject({ status: 413, body: { code: 'body_too_large' } })
          expect(next).toMatchObject({ status: 200, reused: true, body: { allowed: true } })
        }
      }
    }
  })

  test('reads a body of 16 KiB', async () => {
    const body = JSON.stringify({ owner: ALICE }).padEnd(16_384)
    for (const app of [...unread, ...read]) expect((await post(app, alice, body)).status).toBe(200)
  })

  test('holds what the host has read to the same limit', async () => {
    const body = JSON.stringify({ owner: ALICE }).padEnd(16_385)
    for (const app of read) expect((await post(app, alice, body)).status).toBe(413)
  })

  test('reads what the host has read as text', async () => {
    for (const harness of harnesses) {
      const app = await start(harness, describeApp({ parser: 'text' }))
      expect((await post(app, alice, { owner: ALICE })).json()).toMatchObject({ allowed: true })
      expect((await post(app, alice, '{"owner":')).json()).toMatchObject({ code: 'body_invalid' })
      expect((await post(app, alice, '7'.repeat(16_385))).json()).toMatchObject({ code: 'body_too_large' })
    }
  })

  test('outlives a client that hangs up halfway', async () => {
    for (const harness of harnesses) {
      const app = await start(harness, describeApp())
      const socket = connect(Number(new URL(app.origin).port), '127.0.0.1')
      const lines = [`POST ${PATH} HTTP/1.1`, 'Host: 127.0.0.1', 'Content-Length: 100']
      for (const [name, value] of [JSON_TYPE, ...alice]) lines.push(`${name}: ${value}`)
      await new Promise((resolve) => socket.write(`${lines.join('\r\n')}\r\n\r\n{"owner"`, resolve))
      socket.destroy()
      await once(socket, 'close')
      expect((await post(app, alice, { owner: ALICE })).status).toBe(200)
    }
  })

  test('leaves every other method on its path to the host', async () => {
    for (const app of unread) {
      expect((await send(app.origin, { target: PATH })).status).toBe(401)
      const ran = app.ran.length
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await send(app.origin, { method, target: PATH, headers: alice })
        expect(answer.json()).toEqual({ reached: true })
      }
      expect(app.ran).toHaveLength(ran + 3)
    }
  })

  test('is found as the framework finds its own routes, and guarded in every spelling', async () => {
    const spellings = [
      `http://127.0.0.1${PATH}`,
      `${PATH}#x`,
      `${PATH}?x=1`,
      `${PATH}/`,
      `/${PATH}`,
      PATH.toUpperCase(),
    ]
    for (const app of unread) {
      for (const target of spellings) expect((await post(app, [], { owner: BOB }, target)).status).toBe(401)
      for (const target of spellings.slice(0, 3)) {
        expect((await post(app, bob, { owner: BOB }, target)).json()).toMatchObject({ allowed: false })
      }
    }
  })

  test.each([[['/shop']], [['/shop', '/eu']]])('works below %j and nowhere else', async (mounts) => {
    for (const harness of harnesses) {
      const app = await start(harness, describeApp({ mounts }))
      world.events.length = 0
      const target = `${mounts.join('')}${PATH}`
      expect((await post(app, bob, { owner: BOB }, target)).json()).toMatchObject({ allowed: false })
      expect(world.events.map(({ path }) => path)).toEqual([target])
      expect((await post(app, bob, { owner: BOB })).status).toBe(404)
      expect(app.ran).toEqual([])
    }
  })

  test('is what no handler and no error handler of the host hears of', () => {
    for (const { ran, errors } of [...unread, ...read, ...parsed]) {
      expect(ran.filter((name) => name !== 'fallback')).toEqual([])
      expect(errors).toEqual([])
    }
  })
})

function ask(app: RunningApp, { headers, body, mediaType = JSON_TYPE[1] }: CheckCase): Promise<RawResponse> {
  const typed: Headers = mediaType === null ? [] : [['Content-Type', mediaType]]
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return send(app.origin, { method: 'POST', target: PATH, headers: [...typed, ...headers], body: sent })
}

function post(app: RunningApp, headers: Headers, body: unknown, target = PATH): Promise<RawResponse> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return send(app.origin, { method: 'POST', target, headers: [JSON_TYPE, ...headers], body: text })
}

interface Answer {
  readonly status: number | undefined
  readonly reused: boolean
  readonly body: unknown
}

/** Sends too much, and then a proper question, over one connection. */
async function uploadThenCheck({ origin }: RunningApp, size: number, chunked: boolean): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const headers = Object.fromEntries([JSON_TYPE, ...alice])
  const exchange = (body: string, length: object) =>
    new Promise<Answer>((resolve, reject) => {
      const options = { method: 'POST', agent, headers: { ...headers, ...length } }
      const asked = request(`${origin}${PATH}`, options, async (response) => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk)
        const answer = JSON.parse(Buffer.concat(chunks).toString())
        resolve({ status: response.statusCode, reused: asked.reusedSocket, body: answer })
      })
      asked.on('error', reject)
      // In two parts, or Node would count them and announce the length.
      asked.write(body.slice(0, 1))
      asked.end(body.slice(1))
    })
  try {
    const tooLarge = await exchange('x'.repeat(size), chunked ? {} : { 'Content-Length': size })
    return [tooLarge, await exchange(JSON.stringify({ owner: ALICE }), {})]
  } finally {
    agent.destroy()
  }
}

describe('the endpoints', () => {
  test.each(['http://[/', 'http://a:b:c/v1', '//[', '/%zz'])(
    'are not found by a target that cannot be read: %s',
    async (target) => {
      for (const app of [...unread, ...parsed]) {
        const before = app.errors.length
        const { status } = await send(app.origin, { method: 'POST', target })
        expect([400, 401, 404]).toContain(status)
        expect(app.errors.length).toBe(before)
      }
    },
  )

  test('tell of what they refuse themselves in an event of its own', async () => {
    const [app] = unread
    const body = JSON.stringify({ owner: BOB })
    const headers = [...alice, JSON_TYPE]
    const answer = await send(app?.origin ?? '', { method: 'POST', target: PATH, headers, body })
    const told = world.events.filter(({ decisionId }) => decisionId === answer.json().decision_id)
    expect(told).toMatchObject([
      { outcome: 'refuse', code: 'wallet_mismatch', principal: { kind: 'apiKey' } },
    ])
    expect(world.events.at(-2)).toMatchObject({ outcome: 'allow', path: PATH })
  })

  test('are not mounted for a balance of another wiring', async () => {
    const { members: foreign } = await createWorld()
    const { routes } = await import('sallyport/express')
    expect(() => routes(gate, { check: { balance: foreign } })).toThrow(/made from the same gate/)
    expect(() => routes(gate, { check: { balance: gate } })).toThrow(/a balance requirement/)
  })
})
