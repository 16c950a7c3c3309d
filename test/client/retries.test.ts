import { describe, expect, it } from 'vitest'
import { type Act, clientOf, errorOf, expectWaits, outage, problem, serve } from './kit.js'

const OK: Act = { body: { ok: true } }
const KEYED = { 'Idempotency-Key': 'order-1' }

async function triesOf(act: Act, init: RequestInit = {}): Promise<number> {
  const server = await serve(act)
  await errorOf(clientOf(server).client.fetch('/v1/charges', init))
  return server.requests.length
}

describe('an outage', () => {
  it('is waited for as long as the gate asks, and the answer after it counts', async () => {
    const server = await serve(outage(), outage('policy_unavailable', '5'), OK)
    const { client, waits } = clientOf(server)
    expect(await client.get('/v1/proofs')).toEqual({ ok: true })
    expectWaits(waits, [2000, 5000])
  })

  it('is thrown once the tries are used up', async () => {
    const server = await serve(outage())
    const { client, waits } = clientOf(server, { maxRetries: 3 })
    expect(await errorOf(client.get('/'))).toMatchObject({ status: 503, retryAfterMs: 2000 })
    expect(server.requests).toHaveLength(4)
    expect(waits).toHaveLength(3)
  })

  it('is thrown at once where there are no retries, or where the wait is too long', async () => {
    for (const options of [{ maxRetries: 0 }, { maxWaitMs: 1_999 }]) {
      const server = await serve(outage())
      const { client, waits } = clientOf(server, options)
      expect(await errorOf(client.get('/'))).toMatchObject({ retryAfterMs: 2000 })
      expect(waits).toEqual([])
      expect(server.requests).toHaveLength(1)
    }
  })

  it('may say a date, which is measured by its own clock', async () => {
    const date = new Date('2001-02-03T04:05:06Z').toUTCString()
    const later = new Date('2001-02-03T04:05:16Z').toUTCString()
    const earlier = new Date('2001-02-03T04:05:00Z').toUTCString()
    const at = (retryAfter: string): Act =>
      problem(503, 'dependency_unavailable', {
        retryable: true,
        headers: { Date: date, 'Retry-After': retryAfter },
      })
    const { client, waits } = clientOf(await serve(at(later), at(earlier), OK))
    await client.get('/')
    expectWaits(waits, [10_000, 0])
  })

  it.each(['soon', '-5', '1.5', '1e3', '', 'Infinity', '99999999999999'])(
    'with Retry-After %j is waited for as if nothing was asked',
    async (retryAfter) => {
      const { client, waits } = clientOf(await serve(outage('dependency_unavailable', retryAfter), OK))
      await client.get('/')
      expect(waits).toHaveLength(1)
      expect(waits[0]).toBeGreaterThanOrEqual(250)
      expect(waits[0]).toBeLessThanOrEqual(500)
    },
  )

  it('is waited for longer each time where nothing was asked', async () => {
    const server = await serve(problem(503, 'dependency_unavailable', { retryable: true }))
    const { client, waits } = clientOf(server, { maxRetries: 7 })
    await errorOf(client.get('/'))
    for (const [at, most] of [500, 1000, 2000, 4000, 8000, 8000, 8000].entries()) {
      expect(waits[at]).toBeGreaterThanOrEqual(most / 2)
      expect(waits[at]).toBeLessThanOrEqual(most)
    }
    expect(new Set(waits).size).toBe(7)
  })
})

describe('what is safe to send twice', () => {
  it.each<[what: string, act: Act]>([
    ['a problem that says so', problem(500, 'busy', { retryable: true })],
    ['an older backend that says so', { status: 502, body: { retryable: true } }],
    ['429 with Retry-After', { status: 429, headers: { 'Retry-After': '1' }, body: 'no' }],
    ['503 with Retry-After', { status: 503, headers: { 'Retry-After': '1' }, body: 'no' }],
    ['a connection that drops', 'drop'],
  ])('is tried again after %s', async (_what, act) => {
    for (const method of ['GET', 'PUT', 'DELETE', 'get']) expect(await triesOf(act, { method })).toBe(3)
    for (const method of ['POST', 'PATCH']) {
      expect(await triesOf(act, { method, body: '{}' })).toBe(1)
      expect(await triesOf(act, { method, body: '{}', headers: KEYED })).toBe(3)
    }
  })

  it.each<[what: string, act: Act]>([
    ['a refusal', problem(403, 'role_mismatch')],
    ['a refusal with Retry-After', problem(403, 'role_mismatch', { headers: { 'Retry-After': '1' } })],
    ['503 that says nothing', { status: 503, body: 'no' }],
    ['500 with Retry-After', { status: 500, headers: { 'Retry-After': '1' }, body: 'no' }],
    ['a bad request', { status: 400, body: { detail: 'no' } }],
  ])('is not tried again after %s', async (_what, act) => {
    expect(await triesOf(act)).toBe(1)
    expect(await triesOf(act, { method: 'POST', headers: KEYED })).toBe(1)
  })

  it('is what has an Idempotency-Key and is still at work', async () => {
    const busy = problem(409, 'idempotency_in_progress', {
      retryable: true,
      headers: { 'Retry-After': '1' },
    })
    expect(await triesOf(busy, { method: 'POST', headers: KEYED })).toBe(3)
  })
})

describe('a POST without an Idempotency-Key', () => {
  it.each(['rate_limited', 'dependency_unavailable', 'policy_unavailable'])(
    'is tried again where the gate refused it before any handler ran: %s',
    async (code) => {
      const status = code === 'rate_limited' ? 429 : 503
      const act = problem(status, code, { retryable: true, headers: { 'Retry-After': '1' } })
      const server = await serve(act, OK)
      const { client, waits } = clientOf(server)
      expect(await client.post('/v1/charges', { amount: 5 })).toEqual({ ok: true })
      expectWaits(waits, [1000])
      expect(server.requests.map(({ body }) => body)).toEqual(['{"amount":5}', '{"amount":5}'])
    },
  )

  it.each<[what: string, act: Act]>([
    ['by a handler', problem(503, 'dependency_unavailable', { type: 'about:blank', retryable: true })],
    ['by a handler in other JSON', { ...outage(), headers: { 'Content-Type': 'application/json' } }],
    ['for another reason', problem(503, 'ledger_unavailable', { retryable: true })],
    ['with another status', problem(500, 'dependency_unavailable', { retryable: true })],
  ])('is not tried again where it failed %s', async (_what, act) => {
    expect(await triesOf(act, { method: 'POST', body: '{}' })).toBe(1)
    expect(await triesOf(act, { method: 'PATCH', body: '{}' })).toBe(1)
  })

  it('is not tried again with an Idempotency-Key that is empty', async () => {
    expect(await triesOf('drop', { method: 'POST', headers: { 'Idempotency-Key': '' } })).toBe(1)
  })
})

describe('a body', () => {
  it.each<[what: string, body: () => NonNullable<RequestInit['body']>, sent: string]>([
    ['a text', () => 'abc', 'abc'],
    ['bytes', () => new TextEncoder().encode('abc'), 'abc'],
    ['a buffer', () => new TextEncoder().encode('abc').buffer, 'abc'],
    ['a blob', () => new Blob(['abc']), 'abc'],
    ['a form', () => new URLSearchParams({ a: 'b' }), 'a=b'],
  ])('is sent again whole where it is %s', async (_what, body, sent) => {
    const server = await serve(outage(), OK)
    await clientOf(server).client.fetch('/', { method: 'PUT', body: body() })
    expect(server.requests.map((seen) => seen.body)).toEqual([sent, sent])
  })

  it('is sent again with its files', async () => {
    const form = new FormData()
    form.set('file', new Blob(['content']), 'a.txt')
    const server = await serve(outage(), OK)
    await clientOf(server).client.fetch('/', { method: 'PUT', body: form })
    expect(server.requests.map(({ body }) => body.includes('content'))).toEqual([true, true])
  })

  it('is never sent again where it is a stream', async () => {
    const stream = () => new Blob(['abc']).stream()
    const init = { method: 'PUT', headers: KEYED, duplex: 'half' } as const
    for (const input of [
      (origin: string) => [`${origin}/a`, { ...init, body: stream() }] as const,
      (origin: string) => [new Request(`${origin}/a`, { ...init, body: 'abc' })] as const,
    ]) {
      const server = await serve(outage())
      const [target, given] = input(server.origin)
      expect(await errorOf(clientOf(server).client.fetch(target, given))).toMatchObject({ status: 503 })
      expect(server.requests.map(({ body }) => body)).toEqual(['abc'])
    }
  })
})
