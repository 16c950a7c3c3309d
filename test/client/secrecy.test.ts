import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createClient, RequestError, type SallyportError } from '../../src/client/index.js'
import { ALICE, BOB } from '../support/addresses.js'
import { type Answer, API_KEY, clientOf, errorOf, KEY_ID, SECRET, type Seen, serve } from './kit.js'

/** Everything that anybody could print of a value. */
const printed = (value: unknown) =>
  [
    inspect(value, { depth: 20, showHidden: true, maxStringLength: null }),
    JSON.stringify(value),
    value instanceof Error ? `${value.stack} ${value.message} ${inspect(value.cause, { depth: 20 })}` : '',
  ].join('\n')

const EVERY_SECRET = [API_KEY, SECRET]
function expectNoSecret(value: unknown, ...more: string[]): void {
  for (const secret of [...EVERY_SECRET, ...more]) expect(printed(value)).not.toContain(secret)
}

describe('a credential', () => {
  it.each([
    ['another host', 'https://evil.example/v1'],
    ['another port', 'http://127.0.0.1:1/v1'],
    ['another scheme', 'https://127.0.0.1/v1'],
    ['a host behind two slashes', '//evil.example/v1'],
    ['a host behind a slash and a backslash', '/\\evil.example/v1'],
    ['a host behind two backslashes', '\\\\evil.example'],
    ['a scheme with a line break in it', 'ht\ntps://evil.example'],
    ['data', 'data:text/plain,a'],
    ['a path that looks like a scheme', 'proofs:batch'],
  ])('never goes to %s', async (_what, target) => {
    const server = await serve({})
    let sent = 0
    const { client } = clientOf(server, {
      fetch: (...given) => {
        sent++
        return fetch(...given)
      },
    })
    const error = await errorOf(client.fetch(target))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ code: 'origin_refused', status: undefined, retryable: false })
    expect(sent).toBe(0)
    await expect(client.get(target)).rejects.toBeInstanceOf(RequestError)
  })

  it('goes to paths behind the base, and to whole URLs of its origin', async () => {
    const server = await serve({})
    const { client } = clientOf(server, { baseUrl: `${server.origin}/api/` })
    await client.get('/v1/a')
    await client.get('/proofs:batch?at=//evil.example')
    await client.get(`${server.origin}/elsewhere`)
    await client.get(new URL(`${server.origin}/url`))
    await client.fetch(new Request(`${server.origin}/request`, { method: 'DELETE' }))
    expect(server.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'GET /api/v1/a',
      'GET /api/proofs:batch?at=//evil.example',
      'GET /elsewhere',
      'GET /url',
      'DELETE /request',
    ])
    expect(server.requests.every((seen) => seen.header('authorization') === `Bearer ${API_KEY}`)).toBe(true)
  })

  it.each([301, 302, 303, 307, 308])('does not follow a redirect: %i', async (status) => {
    const other = await serve({})
    const server = await serve({ status, headers: { Location: `${other.origin}/v1` } })
    const error = await errorOf(clientOf(server).client.fetch('/', { redirect: 'follow' }))
    expect(error).toMatchObject({ name: 'SallyportError', status, code: 'redirect_refused' })
    expect(other.requests).toEqual([])
    expect(server.requests).toHaveLength(1)
  })

  it('is not followed where a fetch of its own has done so', async () => {
    const server = await serve({ status: 302, headers: { Location: '/there' } }, {})
    const { client } = clientOf(server, {
      fetch: (input, init) => fetch(input, { ...init, redirect: 'follow' }),
    })
    expect(await errorOf(client.get('/'))).toMatchObject({ code: 'redirect_refused' })
  })

  it('has no double', async () => {
    const server = await serve({})
    const { client } = clientOf(server)
    const tries: (() => Promise<unknown>)[] = [
      () => client.fetch('/', { headers: { authorization: `Bearer ${API_KEY}` } }),
      () => client.get('/', { headers: [['X-WALLET-ADDRESS', BOB]] }),
      () => client.fetch(new Request(`${server.origin}/`, { headers: { Authorization: 'Basic YTpi' } })),
      () =>
        clientOf(server, { wallet: ALICE, walletHeader: 'X-Acting-For' }).client.get('/', {
          headers: { 'x-acting-for': BOB },
        }),
    ]
    for (const call of tries) {
      const error = await errorOf(call())
      expect(error).toBeInstanceOf(RequestError)
      expect(error.code).toBe('header_refused')
      expectNoSecret(error, BOB)
    }
    expect(server.requests).toEqual([])
  })
})

describe('a request that fetch would not take', () => {
  it.each<[what: string, target: string, init: RequestInit]>([
    ['a path without a slash', 'v1/proofs', {}],
    ['no path', '', {}],
    ['a method that is none', '/', { method: 'GE T' }],
    ['a GET with a body', '/', { body: 'a' }],
    ['a header that is none', '/', { headers: { 'a b': 'c' } }],
    ['a header with a line break', '/', { headers: { authorization: `Bearer ${API_KEY}\nx` } }],
  ])('is not tried, and told apart from a failure of the network: %s', async (_what, target, init) => {
    const server = await serve({})
    const error = await errorOf(clientOf(server).client.fetch(target, init))
    expect(error).toBeInstanceOf(RequestError)
    expect(error.code).toBe('request_invalid')
    expectNoSecret(error)
    expect(server.requests).toEqual([])
  })

  it('is also one with a password in its URL', async () => {
    const server = await serve({})
    const url = server.origin.replace('//', '//me:pass@')
    const error = await errorOf(clientOf(server).client.fetch(url))
    expect(error.code).toBe('request_invalid')
    expect(printed(error)).not.toContain('me:pass')
  })
})

describe('a secret', () => {
  it('is not in what a client prints', () => {
    const baseUrl = 'https://api.shop.example'
    expectNoSecret(createClient({ baseUrl, apiKey: API_KEY }))
    expectNoSecret(createClient({ baseUrl, keyId: KEY_ID, sharedSecret: SECRET }))
    expectNoSecret(createClient({ baseUrl, accessToken: API_KEY }))
  })

  const escaped = (text: string) =>
    [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')

  it.each<[what: string, echo: (sent: string) => Answer]>([
    [
      'detail and code',
      (sent) => ({ status: 401, body: { detail: `not good: ${sent}`, code: sent, title: sent } }),
    ],
    ['members and their names', (sent) => ({ status: 500, body: { [sent]: { deep: [{ list: sent }] } } })],
    [
      'escapes',
      (sent) => ({ status: 403, body: `{"detail": "${escaped(sent)}", "a": ["${escaped(sent)}"]}` }),
    ],
    ['a body that is no problem', (sent) => ({ status: 500, body: `<h1>${sent}</h1>` })],
    ['a success that is no JSON', (sent) => ({ status: 200, body: `<h1>${sent}</h1>` })],
  ])('is not in the error of a server that echoes it in %s', async (_what, echo) => {
    const server = await serve((seen: Seen) => echo(seen.header('authorization')?.split(' ')[1] ?? ''))
    const tokens: string[] = []
    const errors: SallyportError[] = []
    for (const credential of [{ apiKey: API_KEY }, { keyId: KEY_ID, sharedSecret: SECRET }]) {
      const client = createClient({ baseUrl: server.origin, ...credential } as Parameters<
        typeof createClient
      >[0])
      errors.push(await errorOf(client.get('/')))
      tokens.push(server.requests.at(-1)?.header('authorization')?.split(' ')[1] ?? '')
    }
    expect(tokens.every((token) => token.length > 40)).toBe(true)
    for (const error of errors) expectNoSecret(error, ...tokens)
  })

  it('is not in the cause of an error whose thrower hung the request on it', async () => {
    const server = await serve({})
    const { client } = clientOf(server, {
      maxRetries: 0,
      fetch: async (input, init) => {
        const { authorization } = Object.fromEntries(new Headers(init?.headers))
        throw Object.assign(new Error(`failed with ${authorization}`), {
          config: { input, authorization },
          code: 'EODD',
          cause: Object.assign(new Error(`inner ${authorization}`), { code: 'EINNER', authorization }),
        })
      },
    })
    const error = await errorOf(client.get('/'))
    expect(error.message).toContain('EINNER')
    expect(error.cause).toMatchObject({ message: 'failed with Bearer [redacted]', code: 'EODD' })
    expectNoSecret(error)
  })
})
