import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { GateError } from 'sallyport'
import { getAccess, requireAccess, routes, sallyport } from 'sallyport/fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fastifyMajors } from '../harness/adapters/fastify.js'
import { originOf } from '../harness/adapters/listen.js'
import { send } from '../support/http.js'
import { createWorld } from './adapter/world.js'

const JSON_TYPE = ['Content-Type', 'application/json'] as const

async function listen(app: FastifyInstance): Promise<string> {
  onTestFinished(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  return originOf(app.server)
}

describe.each(Object.entries(fastifyMajors))('the plugin on %s', (name, fastify) => {
  test('guards every route of its instance, those from before it and in scopes of their own too', async () => {
    const { gate, alice } = await createWorld()
    const ran: string[] = []
    const app = fastify({ forceCloseConnections: true })
    const add = (scope: FastifyInstance, path: string) =>
      scope.get(path, async () => ({ at: ran.push(path) }))
    add(app, '/before')
    await app.register(async (scope) => add(scope, '/scope-before'))
    await app.register(sallyport, { gate })
    add(app, '/after')
    app.register(async (scope) => add(scope, '/scope-after'), { prefix: '/shop' })
    const origin = await listen(app)
    const targets = ['/before', '/scope-before', '/after', '/shop/scope-after']
    for (const target of targets) expect((await send(origin, { target })).status, target).toBe(401)
    expect(ran).toEqual([])
    for (const target of targets) expect((await send(origin, { target, headers: alice })).status).toBe(200)
  })

  test('leaves a route alone that opts out, and getAccess throws there', async () => {
    const { gate } = await createWorld()
    const errors: unknown[] = []
    const app = fastify({ forceCloseConnections: true })
    await app.register(sallyport, { gate })
    const config = { sallyport: false } as object
    app.get('/open', { config }, async () => ({ open: true }))
    app.get('/trusting', { config }, async (request) => getAccess(request))
    app.get('/reading', { config }, async (request) => ({ access: Reflect.get(request, 'access') }))
    // Only `false` opts out.
    app.get('/shut', { config: { sallyport: 0 } as object }, async () => ({ open: true }))
    app.setErrorHandler((error, _request, reply) => {
      errors.push(error)
      reply.send(error)
    })
    const origin = await listen(app)
    expect((await send(origin, { target: '/open' })).json()).toEqual({ open: true })
    expect((await send(origin, { target: '/shut' })).status).toBe(401)
    expect(errors).toEqual([])
    expect((await send(origin, { target: '/trusting' })).status).toBe(500)
    expect((await send(origin, { target: '/reading' })).status).toBe(500)
    expect(errors.map((error) => error instanceof GateError && error.code)).toEqual([
      'ERR_GATE_NO_ACCESS',
      'ERR_GATE_NO_ACCESS',
    ])
  })

  test('gives requests an access that nobody can set', async () => {
    const { gate, alice } = await createWorld()
    const app = fastify({ forceCloseConnections: true })
    await app.register(sallyport, { gate })
    app.get('/v1/proofs', async (request) => {
      expect(() => Object.assign(request, { access: 'forged' })).toThrow(TypeError)
      return { same: Reflect.get(request, 'access') === getAccess(request) }
    })
    const origin = await listen(app)
    expect((await send(origin, { target: '/v1/proofs', headers: alice })).json()).toEqual({ same: true })
  })

  test('does not start beside a request.access of the host', async () => {
    const { gate } = await createWorld()
    const app = fastify()
    app.decorateRequest('access' as string, '')
    app.register(sallyport, { gate })
    await expect(app.ready()).rejects.toMatchObject({ code: 'FST_ERR_DEC_ALREADY_PRESENT' })
  })

  test('can be registered twice, and then guards twice', async () => {
    const { gate, members, alice, bob } = await createWorld()
    const app = fastify({ forceCloseConnections: true })
    await app.register(sallyport, { gate })
    await app.register(async (scope) => {
      await scope.register(sallyport, { gate: members })
      scope.get('/inner', async (request) => ({ account: getAccess(request, members).principal.accountId }))
    })
    await app.register(sallyport, { gate })
    app.get('/outer', async () => ({}))
    const origin = await listen(app)
    expect((await send(origin, { target: '/outer' })).status).toBe(401)
    expect((await send(origin, { target: '/outer', headers: bob })).status).toBe(200)
    expect((await send(origin, { target: '/inner', headers: bob })).status).toBe(403)
    expect((await send(origin, { target: '/inner', headers: alice })).json()).toEqual({ account: 'robots' })
  })

  test('refuses options that it does not know, and takes those of register', async () => {
    const { gate, members } = await createWorld()
    const broken = fastify()
    broken.register(routes, { gate, chek: { balance: members } } as never)
    await expect(broken.ready()).rejects.toMatchObject({ code: 'ERR_GATE_OPTIONS' })
    const app = fastify()
    app.register(sallyport, { gate, prefix: '/shop', logLevel: 'warn' })
    app.register(routes, { gate, check: { balance: members }, prefix: '/shop', logLevel: 'warn' })
    await app.ready()
    expect(app.hasRoute({ method: 'POST', url: '/shop/v1/access/check' })).toBe(true)
  })

  test('writes its answers past everything that shapes the answers of the host', async () => {
    const { gate, members, alice } = await createWorld()
    const touched: string[] = []
    const app = fastify({ forceCloseConnections: true })
    app.setReplySerializer((payload) => `serialized ${JSON.stringify(payload)}`)
    app.addHook('preSerialization', async () => touched.push('preSerialization'))
    app.setErrorHandler(() => touched.push('errorHandler'))
    await app.register(routes, { gate, check: { balance: members } })
    await app.register(sallyport, { gate })
    const only = { type: 'object', properties: { message: { type: 'string' } } }
    const response = { '4xx': only, 401: only, 403: only, 503: only }
    app.get('/v1/proofs', { schema: { response }, onRequest: requireAccess(members) }, async () => ({}))
    const origin = await listen(app)
    const answer = await send(origin, { target: '/v1/proofs' })
    expect(answer.json()).toMatchObject({
      status: 401,
      code: 'credential_missing',
      detail: 'Invalid API key',
    })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    const checked = await send(origin, {
      method: 'POST',
      target: '/v1/access/check',
      headers: [JSON_TYPE, ...alice],
      body: '{}',
    })
    expect(checked.json()).toMatchObject({ status: 400, code: 'body_invalid' })
    expect(touched).toEqual([])
  })

  test('guards not-found handlers, of the whole and of a scope', async () => {
    const { gate } = await createWorld()
    const ran: string[] = []
    const app = fastify({ forceCloseConnections: true })
    await app.register(sallyport, { gate })
    app.setNotFoundHandler(async () => ran.push('outer'))
    app.register(async (scope) => scope.setNotFoundHandler(async () => ran.push('inner')), {
      prefix: '/shop',
    })
    const origin = await listen(app)
    for (const target of ['/nowhere', '/shop/nowhere']) {
      expect((await send(origin, { target })).status).toBe(401)
    }
    expect(ran).toEqual([])
  })

  test('compares public paths with the target as received, whatever rewrites it or reads it loosely', async () => {
    const { gate } = await createWorld()
    const ran: string[] = []
    const loose = {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      caseSensitive: false,
      useSemicolonDelimiter: true,
    }
    const options: FastifyServerOptions = {
      forceCloseConnections: true,
      ...(name === 'fastify 4' ? loose : { routerOptions: loose }),
      rewriteUrl: ({ url = '' }) => (url === '/alias' ? '/health' : url),
    }
    const app = fastify(options)
    await app.register(sallyport, { gate, public: ['/health'] })
    app.get('/health', async () => ran.push('/health'))
    app.get('/v1/proofs', async () => ran.push('/v1/proofs'))
    const origin = await listen(app)
    for (const target of ['/alias', '/HEALTH', '/health/', '//health', '/health;x', '//v1/proofs;/health']) {
      expect((await send(origin, { target })).status, target).toBe(401)
    }
    expect(ran).toEqual([])
    expect((await send(origin, { target: '/health' })).status).toBe(200)
  })

  test('works as a hook of a scope, with public paths', async () => {
    const { gate } = await createWorld()
    const app = fastify({ forceCloseConnections: true })
    app.addHook('onRequest', requireAccess(gate, { public: ['/health'] }))
    app.get('/health', async () => ({ open: true }))
    app.get('/v1/proofs', async () => ({ open: true }))
    const origin = await listen(app)
    expect((await send(origin, { target: '/health' })).json()).toEqual({ open: true })
    expect((await send(origin, { target: '/v1/proofs' })).status).toBe(401)
  })
})
