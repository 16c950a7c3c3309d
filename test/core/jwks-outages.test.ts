import type { RequestListener } from 'node:http'
import { createGate, type DecisionEvent, jwks } from 'sallyport'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { type KeyServer, makeSigningKey, type SigningKey, startKeyServer } from '../support/key-server.js'
import { tableStore } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'

const AUDIENCE = 'https://shop.example'
const clock = manualClock()
const now = clock.wallMs() / 1000

let server: KeyServer
let elsewhere: KeyServer
let key: SigningKey

beforeAll(async () => {
  server = await startKeyServer()
  elsewhere = await startKeyServer()
  key = await makeSigningKey('ES256', 'ec-1')
  server.keys.push(key.jwk)
  elsewhere.keys.push(key.jwk)
})
afterAll(() => Promise.all([server.close(), elsewhere.close()]))

/** A gate that has not fetched the keys yet. */
function freshGate(options: { readonly jwksUri?: string; readonly portTimeoutMs?: number } = {}) {
  const { portTimeoutMs = 2_000, ...rest } = options
  const events: DecisionEvent[] = []
  const method = jwks({ issuer: server.origin, audience: AUDIENCE, jwksUri: server.uri, ...rest })
  const onDecision = (event: DecisionEvent) => void events.push(event)
  const gate = createGate({ store: tableStore(), clock, methods: [method], portTimeoutMs, onDecision })
  const claims = { iss: server.origin, aud: AUDIENCE, sub: 'user-1', iat: now, exp: now + 600 }
  const code = async () => codeOf(gate, requestWith([bearer(await key.sign(claims))]))
  return { code, events }
}

const json =
  (body: unknown): RequestListener =>
  (_request, response) =>
    void response
      .setHeader('Content-Type', 'application/json')
      .end(typeof body === 'string' ? body : JSON.stringify(body))
const status =
  (code: number, location?: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(code, location === undefined ? {} : { Location: location }).end('{"keys":[]}')

describe('a set of keys that cannot be had', () => {
  it.each<readonly [string, (elsewhere: string) => RequestListener]>([
    ['an answer of 500', () => status(500)],
    ['an answer of 404', () => status(404)],
    ['an answer of 204', () => status(204)],
    ['a redirect to where the keys are', (uri) => status(302, uri)],
    ['a permanent redirect', (uri) => status(308, uri)],
    ['a page', () => json('<html>login</html>')],
    ['nothing', () => json('')],
    ['half an answer', () => json('{"keys":[')],
    ['a list', () => json([])],
    ['no keys', () => json({})],
    ['null for its keys', () => json({ keys: null })],
    ['an answer beyond 1 MB', () => json({ keys: [], pad: 'x'.repeat(1_100_000) })],
    ['a connection that breaks', () => (_request, response) => void response.destroy()],
    [
      'a body that breaks',
      () => (_request, response) => {
        response.writeHead(200, { 'Content-Length': '1000' })
        response.write('{"keys":[', () => response.destroy())
      },
    ],
  ])('is an outage, never an invalid token and never an open door: %s', async (_what, fault) => {
    const { code, events } = freshGate()
    server.fault = fault(elsewhere.uri)
    const before = elsewhere.requests
    expect(await code()).toBe('dependency_unavailable')
    server.fault = undefined
    expect(await code()).toBe('allowed')
    expect(elsewhere.requests).toBe(before)
    expect(events[0]?.outage?.dependency).toBe('jwks')
    expect(events[0]?.outage?.cause).not.toBe('')
    expect(events[0]?.outage?.cause).not.toContain('127.0.0.1')
  })

  it('is an outage where the key in it is none', async () => {
    const { code } = freshGate()
    server.fault = json({ keys: [{ kty: 'EC', kid: 'ec-1', alg: 'ES256', crv: 'P-256', x: '!', y: '' }] })
    expect(await code()).toBe('dependency_unavailable')
    server.fault = undefined
  })

  it('is an outage where nobody listens', async () => {
    const gone = await startKeyServer()
    await gone.close()
    const { code, events } = freshGate({ jwksUri: gone.uri })
    expect(await code()).toBe('dependency_unavailable')
    expect(events[0]?.outage?.dependency).toBe('jwks')
  })

  it('is an outage within the time a port has, where the server only listens', async () => {
    const { code } = freshGate({ portTimeoutMs: 30 })
    server.fault = () => undefined
    const startedMs = performance.now()
    expect(await code()).toBe('dependency_unavailable')
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    server.fault = undefined
  })

  it('is fetched once for a hundred tokens at the same time', async () => {
    const { code } = freshGate()
    const before = server.requests
    const codes = await Promise.all(Array.from({ length: 100 }, code))
    expect(new Set(codes)).toEqual(new Set(['allowed']))
    expect(server.requests - before).toBe(1)
  })

  it('that was had serves on while the server is out', async () => {
    const { code } = freshGate()
    expect(await code()).toBe('allowed')
    server.fault = status(500)
    expect(await code()).toBe('allowed')
    server.fault = undefined
  })

  it('is looked for under the issuer where the host names no other place', async () => {
    const paths: (string | undefined)[] = []
    server.fault = (request, response) => {
      paths.push(request.url)
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: server.keys }))
    }
    const method = jwks({ issuer: server.origin, audience: AUDIENCE })
    const gate = createGate({ store: tableStore(), clock, methods: [method] })
    const claims = { iss: server.origin, aud: AUDIENCE, sub: 'user-1', exp: now + 600 }
    expect(await codeOf(gate, requestWith([bearer(await key.sign(claims))]))).toBe('allowed')
    expect(paths).toEqual(['/.well-known/jwks.json'])
    server.fault = undefined
  })

  it('is not fetched for a token that it could not help', async () => {
    const { origin: issuer, uri: jwksUri } = server
    const method = jwks({ issuer, audience: AUDIENCE, jwksUri, algorithms: ['ES256'] })
    const gate = createGate({ store: tableStore(), clock, methods: [method] })
    const before = server.requests
    const claims = { iss: server.origin, aud: AUDIENCE, sub: 'user-1', exp: now + 600 }
    for (const changes of [{ iss: 'https://x.example' }, { aud: 'x' }, { exp: undefined }]) {
      const token = await key.sign({ ...claims, ...changes })
      expect(await codeOf(gate, requestWith([bearer(token)]))).toBe('credential_invalid')
    }
    const others = createGate({
      store: tableStore(),
      clock,
      methods: [jwks({ issuer, audience: AUDIENCE, jwksUri, algorithms: ['RS256'] })],
    })
    expect(await codeOf(others, requestWith([bearer(await key.sign(claims))]))).toBe('credential_invalid')
    expect(server.requests).toBe(before)
  })
})
