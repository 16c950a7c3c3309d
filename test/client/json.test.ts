import { describe, expect, expectTypeOf, it } from 'vitest'
import { clientOf, errorOf, problem, serve } from './kit.js'

describe('a JSON verb', () => {
  it('sends its method and its body, and answers what it was answered', async () => {
    const server = await serve({ body: { items: [1] } })
    const { client } = clientOf(server)
    expect(await client.get('/a')).toEqual({ items: [1] })
    expect(await client.post('/a', { amount: '12.50' })).toEqual({ items: [1] })
    expect(await client.put('/a', [1])).toEqual({ items: [1] })
    expect(await client.patch('/a', null)).toEqual({ items: [1] })
    expect(await client.delete('/a')).toEqual({ items: [1] })
    expect(await client.post('/a')).toEqual({ items: [1] })
    expect(
      server.requests.map((seen) => [seen.method, seen.body, seen.header('content-type')] as const),
    ).toEqual([
      ['GET', '', undefined],
      ['POST', '{"amount":"12.50"}', 'application/json'],
      ['PUT', '[1]', 'application/json'],
      ['PATCH', 'null', 'application/json'],
      ['DELETE', '', undefined],
      ['POST', '', undefined],
    ])
    expect(server.requests.every((seen) => seen.header('accept') === 'application/json')).toBe(true)
  })

  it("sends the caller's own headers beside them", async () => {
    const server = await serve({})
    const headers = {
      Accept: 'application/vnd.shop+json',
      'Content-Type': 'application/x-json',
      'X-Trace': '1',
    }
    await clientOf(server).client.post('/a', {}, { headers })
    const [seen] = server.requests
    expect(Object.keys(headers).map((name) => seen?.header(name.toLowerCase()))).toEqual(
      Object.values(headers),
    )
  })

  it('answers undefined where there is no body', async () => {
    const server = await serve((_seen, response) => {
      response.writeHead(204).end()
      return undefined
    })
    expect(await clientOf(server).client.delete('/a')).toBeUndefined()
  })

  it('is an error where a success is no JSON', async () => {
    const server = await serve({ body: '<html>' })
    const error = await errorOf(clientOf(server).client.get('/a'))
    expect(error).toMatchObject({ name: 'SallyportError', status: 200, code: 'json_expected' })
    expect(server.requests).toHaveLength(1)
  })

  it('is tried again where its answer breaks off', async () => {
    const server = await serve((_seen, response) => {
      response.writeHead(200, { 'Content-Length': '500' }).write('{"a":', () => response.destroy())
      return undefined
    }, {})
    const { client, waits } = clientOf(server)
    expect(await client.get('/a')).toEqual({ ok: true })
    expect(waits).toHaveLength(1)
  })

  it('works without its client', async () => {
    const { get } = clientOf(await serve({})).client
    expect(await get('/a')).toEqual({ ok: true })
  })

  it("rejects with the caller's own mistake where the body cannot be JSON", async () => {
    const server = await serve({})
    await expect(clientOf(server).client.post('/a', { amount: 5n })).rejects.toThrow(TypeError)
    expect(server.requests).toEqual([])
  })

  it('answers unknown unless its caller says what it is', () => {
    const get = () => clientOf({ origin: 'http://localhost', requests: [] }).client.get
    expectTypeOf(get).returns.returns.resolves.toBeUnknown()
    const typed = () => get()<{ id: string }>('/a')
    expectTypeOf(typed).returns.resolves.toEqualTypeOf<{ id: string }>()
  })
})

describe('fetch', () => {
  it('answers the Response itself, as it came', async () => {
    const server = await serve({ status: 201, headers: { 'X-Id': '7' }, body: 'plain' })
    const response = await clientOf(server).client.fetch('/a', { method: 'POST', body: 'b' })
    expect([response.status, response.headers.get('x-id')]).toEqual([201, '7'])
    expect(await response.text()).toBe('plain')
  })

  it('answers 304 to a conditional request', async () => {
    const server = await serve((_seen, response) => {
      response.writeHead(304).end()
      return undefined
    })
    const response = await clientOf(server).client.fetch('/a', { headers: { 'If-None-Match': '"a"' } })
    expect(response.status).toBe(304)
  })

  it('takes a Request, body, headers and all', async () => {
    const server = await serve({})
    const request = new Request(`${server.origin}/a`, {
      method: 'PATCH',
      body: '{"a":1}',
      headers: { 'Content-Type': 'application/json', 'X-Trace': '1' },
    })
    await clientOf(server).client.fetch(request)
    const [seen] = server.requests
    expect([seen?.method, seen?.body, seen?.header('x-trace')]).toEqual(['PATCH', '{"a":1}', '1'])
    expect(seen?.header('content-type')).toBe('application/json')
  })

  it('rejects with the error where the answer is none', async () => {
    const server = await serve(problem(404, 'not_found'))
    expect(await errorOf(clientOf(server).client.fetch('/a'))).toMatchObject({ name: 'NotFoundError' })
  })
})
