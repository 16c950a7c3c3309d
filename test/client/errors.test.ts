import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  type ErrorCode,
  NetworkError,
  NotFoundError,
  RateLimitError,
  SallyportError,
  ServerError,
  ValidationError,
} from '../../src/client/index.js'
import { type Answer, clientOf, errorOf, outage, problem, serve } from './kit.js'

async function answered(answer: Answer): Promise<SallyportError> {
  const server = await serve(answer)
  return errorOf(clientOf(server, { maxRetries: 0 }).client.get('/v1/proofs'))
}

describe('a status', () => {
  it.each([
    [400, ValidationError],
    [401, AuthenticationError],
    [402, SallyportError],
    [403, AuthorizationError],
    [404, NotFoundError],
    [405, SallyportError],
    [409, ConflictError],
    [413, ValidationError],
    [415, ValidationError],
    [422, ValidationError],
    [429, RateLimitError],
    [500, ServerError],
    [502, ServerError],
    [503, ServerError],
    [599, ServerError],
  ])('%i is an error of its class, with or without a problem', async (status, ErrorClass) => {
    for (const answer of [problem(status, 'any_code'), { status, body: '<html>' }]) {
      const error = await answered(answer)
      expect(error.constructor).toBe(ErrorClass)
      expect(error).toBeInstanceOf(SallyportError)
      expect(error.name).toBe(ErrorClass.name)
      expect(error.status).toBe(status)
    }
  })
})

describe('an error', () => {
  it('says everything the problem says', async () => {
    const remedy = { action: 'acquire_tokens', mint: 'm', symbol: 'ACTO', amount: '25000', wallet: 'w' }
    const detail = 'Insufficient token balance. Required: 50000 ACTO'
    const error = await answered(
      problem(403, 'balance_insufficient', { detail, remedy, required: '50000', nested: { list: [1] } }),
    )
    expect(error).toMatchObject({
      message: `403 balance_insufficient: ${detail}`,
      status: 403,
      code: 'balance_insufficient',
      detail,
      decisionId: 'dec_1',
      retryable: false,
      retryAfterMs: undefined,
      remedy,
    })
    expect(error.problem).toMatchObject({ required: '50000', nested: { list: [1] } })
    for (const part of [error.problem, error.problem?.nested, error.remedy]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      name: 'AuthorizationError',
      message: error.message,
      status: 403,
      decisionId: 'dec_1',
    })
  })

  it('says when to come back', async () => {
    expect(await answered(outage())).toMatchObject({ retryable: true, retryAfterMs: 2000 })
    const busy = await answered({ status: 429, headers: { 'Retry-After': '7' }, body: 'busy' })
    expect(busy).toMatchObject({ retryable: true, retryAfterMs: 7000, code: undefined })
  })

  it("reads the seed's own error bodies", async () => {
    const error = await answered({ status: 401, body: { detail: 'Invalid API key' } })
    expect(error).toMatchObject({ detail: 'Invalid API key', code: undefined, message: expect.any(String) })
    expect(error.message).toBe('HTTP status 401: Invalid API key')
    const list = await answered({ status: 422, body: { detail: [{ loc: ['body'] }] } })
    expect(list).toMatchObject({ detail: undefined, problem: { detail: [{ loc: ['body'] }] } })
  })

  it.each<[body: string, text: string]>([
    ['is cut off', '{"code": "role_mis'],
    ['is a list', '[{"code":"role_mismatch"}]'],
    ['is null', 'null'],
    ['is a text', '"role_mismatch"'],
    ['is empty', ''],
    ['is larger than 64 KiB', JSON.stringify({ code: 'role_mismatch', pad: 'x'.repeat(65_536) })],
    ['is nested without end', '['.repeat(60_000)],
    ['is nested too deep to be frozen', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ])('has no problem where the body %s', async (_what, body) => {
    const headers = { 'Content-Type': 'application/problem+json' }
    const error = await answered({ status: 403, headers, body })
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({ code: undefined, retryable: false, message: 'HTTP status 403' })
  })

  it('takes members for what they are alone', async () => {
    const odd = await answered(
      problem(403, 'x', { code: 5, detail: {}, decision_id: [], retryable: 'yes', remedy: { action: 1 } }),
    )
    expect(odd).toMatchObject({ code: undefined, detail: undefined, decisionId: undefined })
    expect(odd).toMatchObject({ retryable: false, remedy: undefined })
    const remedy = { action: 'acquire_tokens', amount: 5 }
    expect((await answered(problem(403, 'balance_insufficient', { remedy }))).remedy).toBeUndefined()
  })

  it('is not reached by members that are named like prototypes', async () => {
    const body = '{"__proto__": {"retryable": true, "code": "x"}, "constructor": 1, "code": "role_mismatch"}'
    const error = await answered({ status: 403, body })
    expect(error).toMatchObject({ code: 'role_mismatch', retryable: false })
    expect(Object.getPrototypeOf(error.problem)).toBe(Object.prototype)
  })

  it('has a message of one short line, whatever was answered', async () => {
    const error = await answered(problem(403, 'x', { detail: `a\r\nb\u0000${'c'.repeat(5_000)}` }))
    expect(error.message).toMatch(/^403 x: a b c+$/)
    expect(error.message.length).toBeLessThanOrEqual(500)
    expect(error.detail).toHaveLength(5_005)
  })

  it('keeps its status where the body breaks off', async () => {
    const server = await serve((_seen, response) => {
      response.writeHead(403, { 'Content-Type': 'application/problem+json', 'Content-Length': '500' })
      response.write('{"code":', () => response.destroy())
      return undefined
    })
    expect(await errorOf(clientOf(server).client.get('/'))).toBeInstanceOf(AuthorizationError)
  })

  it('keeps its status where the body never ends', async () => {
    const server = await serve((_seen, response) => {
      response.writeHead(403, { 'Content-Type': 'application/problem+json' })
      response.write('{"code":')
      return undefined
    })
    const error = await errorOf(clientOf(server, { timeoutMs: 200 }).client.get('/'))
    expect(error).toBeInstanceOf(AuthorizationError)
  })

  it('has a code that is known, or any other text', () => {
    expectTypeOf<'balance_insufficient'>().toExtend<ErrorCode>()
    expectTypeOf<'refunds_not_allowed'>().toExtend<ErrorCode>()
    expectTypeOf<SallyportError['code']>().toEqualTypeOf<ErrorCode | undefined>()
    expectTypeOf<RateLimitError['retryAfterMs']>().toEqualTypeOf<number | undefined>()
  })
})

describe('a failure of the network', () => {
  it('says why, without an answer', async () => {
    const server = await serve('drop')
    const error = await errorOf(clientOf(server, { maxRetries: 0 }).client.get('/'))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ status: undefined, code: 'network_failed', retryable: true })
    expect(error.message).toBe(`GET ${server.origin}: the connection failed (UND_ERR_SOCKET)`)
    expect(error.cause).toBeInstanceOf(Error)
  })

  it('is also what nobody listening is, and an answer in no HTTP', async () => {
    const nobody = await errorOf(clientOf({ origin: 'http://127.0.0.1:1', requests: [] }).client.get('/'))
    expect(nobody.code).toBe('network_failed')
    const garbage = await serve((_seen, response) => {
      response.socket?.end('HTTP/9 what?\r\n\r\n')
      return undefined
    })
    const error = await errorOf(clientOf(garbage).client.get('/'))
    expect(error).toBeInstanceOf(NetworkError)
    expect(garbage.requests).toHaveLength(3)
  })

  it('is also what too long a silence is', async () => {
    const server = await serve('hang')
    const error = await errorOf(clientOf(server, { maxRetries: 0, timeoutMs: 100 }).client.get('/'))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'network_timeout', retryable: true })
    expect(error.message).toBe(`GET ${server.origin}: no answer within 100 ms`)
  })
})
