import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RawResponse } from '../support/http.js'
import { comparable } from './adapter/comparable.js'
import type { RunningApp } from './adapter-contract.js'
import { BLANK_NAMES, type BodyCase, bodyCases, IMPOSSIBLE_TIMES, type Parser } from './keys-cases.js'
import {
  ask,
  type Caller,
  createService,
  describeService,
  type Headers,
  harnesses,
  JSON_TYPE,
  signIn,
} from './keys-kit.js'

const service = createService({ keys: { scopes: ['a'], maxPerAccount: 10_000 } })

const PARSERS = ['none', 'form', 'bytes', 'text', 'json'] as const
const apps: { readonly parser: Parser; readonly app: RunningApp }[] = []
let caller: Caller
let id: string
beforeAll(async () => {
  const described = describeService(service)
  for (const harness of harnesses) {
    for (const parser of PARSERS) {
      const parsing = parser === 'none' ? { parsesBehind: true } : { parser }
      apps.push({ parser, app: await harness.start({ ...described, ...parsing }) })
    }
  }
  const [first] = appsFor()
  if (first === undefined) throw new Error('no adapter is registered')
  caller = await signIn(first)
  id = String((await ask(first, 'POST', '/v1/keys', caller.headers, { name: 'prod' })).json().key_id)
})
afterAll(() => Promise.all(apps.map(({ app }) => app.close())))

const appsFor = (notThrough: readonly Parser[] = []) =>
  apps.filter(({ parser }) => !notThrough.includes(parser)).map(({ app }) => app)
const described = async () => service.store.describeCredential(id)

function answersTo({ method, path, body, mediaType, notThrough }: BodyCase): Promise<RawResponse[]> {
  const isText = typeof body === 'string' || body instanceof Uint8Array
  const typed: Headers = mediaType == null ? [] : [['Content-Type', mediaType]]
  const target = `/v1/keys${path.replace(':id', id)}`
  const sent = isText ? ([...typed, ...caller.headers] as const) : caller.headers
  return Promise.all(appsFor(notThrough).map((app) => ask(app, method, target, sent, body)))
}

async function expectAlike(bodyCase: BodyCase): Promise<void> {
  const { status, code, detail } = bodyCase
  const [first, ...others] = await answersTo(bodyCase)
  expect(first?.status).toBe(status)
  expect(first?.json()).toMatchObject({ status, code, ...(detail !== undefined && { detail }) })
  expect(first?.headers.get('content-type')).toBe('application/problem+json')
  expect(first?.headers.get('cache-control')).toBe('no-store')
  expect(others.length).toBeGreaterThanOrEqual(2 * harnesses.length - 1)
  for (const other of others) expect(comparable(other)).toEqual(first && comparable(first))
}

describe('a body that is refused', () => {
  test.each(bodyCases)('$situation is answered alike on every major', async (bodyCase) => {
    const before = await described()
    await expectAlike(bodyCase)
    expect(await described()).toEqual(before)
  })

  test('is judged after the credential, which is told first', async () => {
    for (const app of appsFor(['json', 'text'])) {
      for (const body of ['{', '7'.repeat(20_000)]) {
        expect((await ask(app, 'POST', '/v1/keys', [JSON_TYPE], body)).json().code).toBe('credential_missing')
      }
    }
  })

  test('makes no key', async () => {
    const { credentials } = await service.store.describeCredentials({ accountId: caller.accountId })
    expect(credentials.map(({ name }) => name)).toEqual(['prod'])
  })
})

describe('a body that is read', () => {
  const create = (app: RunningApp, body: unknown, typed: Headers = []) =>
    ask(app, 'POST', '/v1/keys', [...typed, ...caller.headers], body)

  test.each([
    'x'.repeat(100),
    'é',
    'e\u0301',
    'שלום',
    '閉店',
    'a b',
    '<script>',
    '"',
    '\\',
    '🚀',
    '__proto__',
  ])('is one with the name %s, told back as it is', async (name) => {
    for (const app of appsFor()) {
      const answer = await create(app, { name })
      expect(answer.json()).toMatchObject({ name, status: 'active' })
      expect(await service.store.describeCredential(String(answer.json().key_id))).toMatchObject({ name })
    }
  })

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json ;x=y'])(
    'is one of the media type %s',
    async (mediaType) => {
      for (const app of appsFor()) {
        expect((await create(app, '{"name":"x"}', [['Content-Type', mediaType]])).status).toBe(201)
      }
    },
  )

  test('is one of 16 KiB, and one whose last of two members counts, as in JSON itself', async () => {
    for (const app of appsFor(['json'])) {
      expect((await create(app, '{"name":"x"}'.padEnd(16_384), [JSON_TYPE])).status).toBe(201)
      const answer = await create(app, '{"name":"a","name":"b"}', [JSON_TYPE])
      expect(answer.json()).toMatchObject({ name: 'b' })
    }
  })

  test('is one whose expiry is any time to come, told back in UTC', async () => {
    const times = {
      '2026-01-01T00:00:00.001Z': '2026-01-01T00:00:00.001Z',
      '2025-12-31T23:30:00-01:00': '2026-01-01T00:30:00.000Z',
      '2030-01-31T00:00:00.123456789+05:30': '2030-01-30T18:30:00.123Z',
      '2028-02-29T00:00:00Z': '2028-02-29T00:00:00.000Z',
      '9999-12-31T23:59:59Z': '9999-12-31T23:59:59.000Z',
    }
    for (const app of appsFor()) {
      for (const [expires_at, told] of Object.entries(times)) {
        expect((await create(app, { name: 'x', expires_at })).json()).toMatchObject({ expires_at: told })
      }
      expect((await create(app, { name: 'x', expires_at: null })).json()).toMatchObject({ expires_at: null })
    }
  })
})

test.each([
  ['none that is announced as JSON', [JSON_TYPE], undefined],
  ['none, of length 0, that is announced as JSON', [JSON_TYPE], ''],
  ['none at all', [], undefined],
] as const)(
  'a body may be missing where none is needed, whoever has looked for it: %s',
  async (_what, typed, body) => {
    for (const app of appsFor()) {
      const made = await ask(app, 'POST', '/v1/keys', caller.headers, { name: 'x' })
      const target = `/v1/keys/${made.json().key_id}`
      const headers = [...typed, ...caller.headers]
      const toggled = await ask(app, 'POST', `${target}/toggle`, headers, body)
      expect(toggled.json()).toMatchObject({ success: true, is_active: false })
      expect((await ask(app, 'POST', `${target}/rotate`, headers, body)).status).toBe(200)
      expect((await ask(app, 'DELETE', target, headers, body)).json()).toMatchObject({ success: true })
      const needed = await ask(app, 'POST', '/v1/keys', headers, body)
      expect(needed.status).toBe(typed.length === 0 ? 415 : 400)
    }
  },
)

test.each(BLANK_NAMES)('a name that cannot be seen is refused: %j', async (name) => {
  const situation = 'a blank name'
  await expectAlike({
    situation,
    method: 'PATCH',
    path: '/:id',
    body: { name },
    status: 400,
    code: 'body_invalid',
  })
})

test('a name of a hundred characters is read, whatever plane they are of', async () => {
  for (const app of appsFor()) {
    const answer = await ask(app, 'PATCH', `/v1/keys/${id}`, caller.headers, { name: '🚀'.repeat(100) })
    expect(answer.status).toBe(200)
  }
})

// Date.parse moves a day or an hour that does not exist to one that does: the key would live longer than was asked for.
test.each(IMPOSSIBLE_TIMES)('a time that does not exist is refused: %s', async (expires_at) => {
  const body = { name: 'x', expires_at }
  const situation = 'an impossible time'
  await expectAlike({ situation, method: 'POST', path: '', body, status: 400, code: 'body_invalid' })
})

test('no handler and no error handler of the host hears of any of it', () => {
  for (const { ran, errors } of appsFor()) expect([ran, errors]).toEqual([[], []])
})
