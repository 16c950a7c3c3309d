import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RawResponse } from '../support/http.js'
import { comparable } from './adapter/comparable.js'
import type { RunningApp } from './adapter-contract.js'
import { ask, type Caller, createService, describeService, harnesses, signIn } from './keys-kit.js'

const service = createService()
const apps: RunningApp[] = []
let caller: Caller
let id: string
beforeAll(async () => {
  for (const harness of harnesses) apps.push(await harness.start(describeService(service)))
  const [app] = apps
  if (app === undefined) throw new Error('no adapter is registered')
  caller = await signIn(app)
  id = String((await ask(app, 'POST', '/v1/keys', caller.headers, { name: 'prod' })).json().key_id)
})
afterAll(() => Promise.all(apps.map((app) => app.close())))

const answersTo = (method: string, target: string, body?: unknown): Promise<RawResponse[]> =>
  Promise.all(apps.map((app) => ask(app, method, target.replace(':id', id), caller.headers, body)))

async function expectAlike(answers: readonly RawResponse[], expected: object): Promise<void> {
  const [first, ...others] = answers
  expect(first?.json()).toMatchObject(expected)
  expect(first?.headers.get('cache-control')).toBe('no-store')
  expect(others).toHaveLength(harnesses.length - 1)
  for (const other of others) expect(comparable(other)).toEqual(first && comparable(first))
}

/** A text, and how a test of it is named. */
const named = (text: string) =>
  [text.length > 40 ? `${text.slice(0, 12)}... of ${text.length} characters` : text, text] as const

const VERBS = [
  ['PATCH', '', { name: 'y' }],
  ['DELETE', '', undefined],
  ['POST', '/toggle', undefined],
  ['POST', '/rotate', undefined],
  ['GET', '/stats', undefined],
] as const

async function expectUnknown(address: string): Promise<void> {
  const before = await service.store.describeCredential(id)
  for (const [method, path, body] of VERBS) {
    const answers = await answersTo(method, `/v1/keys/${address}${path}`, body)
    await expectAlike(answers, { status: 404, code: 'not_found' })
  }
  expect(await service.store.describeCredential(id)).toEqual(before)
}

describe('an id that no key has', () => {
  test.each(
    [
      'cred_AAAAAAAAAAAAAAAAAAAAAA',
      'cred_',
      'x',
      'x'.repeat(64),
      'x'.repeat(65),
      'x'.repeat(100),
      '.',
      '..',
      '...',
      '%2e%2e',
      '%2E',
      '%2F',
      '%2f%2F',
      '..%2F..%2Fetc%2Fpasswd',
      'a%2Fb',
      '%00',
      'a%00b',
      ':id%00',
      ':id%20',
      ':id%0A',
      ':id%2F',
      ':id%2Ftoggle',
      ':id.',
      ':id,:id',
      '%25',
      '%2525',
      '%25zz',
      '%E6%97%A5%E6%9C%AC',
      '%F0%9F%9A%80',
      '%C2%A0',
      '*',
      '__proto__',
      'constructor',
      'toString',
      'key_id',
      '%3Akey_id',
      '$ne',
      "'%20OR%201=1--",
      'null',
      'undefined',
      'NaN',
    ].map(named),
  )('is unknown on every major, on every verb: %s', (_name, address) => expectUnknown(address))

  // No framework takes it for an endpoint of ours. Fastify's router says so itself, before any hook; the others go on.
  test.each(
    ['%zz', '%', '%E0%A4%A', '%C3', ':id%', 'x'.repeat(101), 'x'.repeat(10_000), 'é'.repeat(101)].map(named),
  )('names no endpoint where it cannot be decoded or is too long: %s', async (_name, address) => {
    const before = await service.store.describeCredential(id)
    for (const [method, path, body] of VERBS) {
      const target = `/v1/keys/${encodeURI(address).replaceAll('%25', '%')}${path}`
      const answers = await answersTo(method, target, body)
      for (const [at, { name }] of harnesses.entries()) {
        const answer = answers[at]?.json()
        if (name.startsWith('fastify') && address.includes('%')) {
          expect(answer).toMatchObject({ statusCode: 400, code: 'FST_ERR_BAD_URL' })
        } else if (name === 'fastify 5') {
          expect(answer).toMatchObject({ statusCode: 414, code: 'FST_ERR_MAX_PARAM_LENGTH' })
        } else expect(answer).toEqual({ fellThrough: true })
      }
    }
    expect(await service.store.describeCredential(id)).toEqual(before)
  })

  test('is not one in other letters, with more or with less', async () => {
    for (const address of [id.toUpperCase(), id.slice(0, -1), `${id}A`, id.slice(5)]) {
      await expectUnknown(address)
    }
  })
})

test('an id is the same in every spelling of its characters', async () => {
  const spelt = [...id].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
  const answers = await answersTo('GET', `/v1/keys/${spelt.slice(0, 99)}${id.slice(33)}/stats`)
  await expectAlike(answers, { key_id: id })
})

describe('a query that is refused', () => {
  const unknown = 'The query has parameters other than include_inactive, include_revoked, limit, cursor'
  const limit = 'limit must be a whole number from 1 to 100'
  test.each([
    ['page=2', unknown],
    ['Limit=2', unknown],
    ['limit[]=2', unknown],
    ['include_inactive[]=true', unknown],
    ['__proto__=1', unknown],
    ['constructor=1', unknown],
    ['account_id=wallet:x', unknown],
    ['limit=2&x', unknown],
    ['%zz=1', unknown],
    ['%00=1', unknown],
    ['limit=2&limit=2', 'limit is there more than once'],
    ['cursor=a&cursor=b', 'cursor is there more than once'],
    ['include_inactive=true&include_inactive=false', 'include_inactive is there more than once'],
    ['include_inactive=true&include%5Finactive=true', 'include_inactive is there more than once'],
    ...[
      '0',
      '101',
      '-1',
      '1.5',
      '1e1',
      '',
      '%20',
      '%201',
      '0x10',
      'x',
      'NaN',
      'Infinity',
      '٣',
      '１',
      '%zz',
      '%00',
    ]
      .concat(['9'.repeat(30), '1%2C2', '+1', 'null', 'true'])
      .map((text) => [`limit=${encodeURI(text).replaceAll('%25', '%')}`, limit]),
    ...['yes', 'TRUE', 'True', '2', '', 'null', 'on', '%20true', 'toString', '__proto__', 'constructor'].map(
      (text) => [`include_inactive=${text}`, 'include_inactive must be true or false'],
    ),
    ['include_revoked=maybe', 'include_revoked must be true or false'],
    ['include_revoked', 'include_revoked must be true or false'],
  ])('is one of a list with %s', async (query, detail) => {
    const answers = await answersTo('GET', `/v1/keys?${query}`)
    await expectAlike(answers, { status: 400, code: 'body_invalid', detail })
  })

  test.each([
    ...['-1', '745', '1.5', '', 'x', '1e2', 'day', '%20', '9'.repeat(20)].map((text) => `hours=${text}`),
    'hours=1&hours=1',
    'hour=1',
    'hours=1&x=1',
  ])('is one of statistics with %s', async (query) => {
    const answers = await answersTo('GET', `/v1/keys/:id/stats?${query}`)
    await expectAlike(answers, { status: 400, code: 'body_invalid' })
  })

  // Not passed on to the store, which could not tell the caller's mistake from an outage of its own.
  test.each(
    ['x', '', ':', '1:', ':x', '1e3:x', 'NaN:x', '%00', 'x'.repeat(5_000), '%F0%9F%9A%80', '-1:x'].map(named),
  )('is one of a list behind a cursor that no page has named: %s', async (_name, cursor) => {
    const answers = await answersTo('GET', `/v1/keys?cursor=${cursor}`)
    await expectAlike(answers, { status: 400, code: 'body_invalid' })
  })
})

test.each(['', '?', '?&', '?limit=100', '?limit=007', '?include_inactive=false'])(
  'a list with the query %j is answered alike',
  async (query) => {
    await expectAlike(await answersTo('GET', `/v1/keys${query}`), { keys: [{ key_id: id }] })
  },
)

// What is no endpoint is the host's on every framework, so that none answers for another.
test.each([
  ['GET', '/v1/keys/'],
  ['GET', '/V1/KEYS'],
  ['GET', '//v1/keys'],
  ['GET', '/v1//keys'],
  ['GET', '/v1/keys/:id'],
  ['PUT', '/v1/keys/:id'],
  ['PUT', '/v1/keys'],
  ['DELETE', '/v1/keys'],
  ['PATCH', '/v1/keys'],
  ['POST', '/v1/keys/:id'],
  ['GET', '/v1/keys/:id/toggle'],
  ['POST', '/v1/keys/:id/stats'],
  ['POST', '/v1/keys/:id/toggle/'],
  ['POST', '/v1/keys/:id/toggle/x'],
  ['GET', '/v1/keys/a/b/stats'],
  ['GET', '/v1/auth/logout'],
  ['POST', '/v1/auth/me'],
])('%s %s is left to the host, behind its guard', async (method, target) => {
  for (const answer of await answersTo(method, target)) expect(answer.json()).toEqual({ fellThrough: true })
  for (const app of apps) {
    expect((await ask(app, method, target.replace(':id', id))).json().code).toBe('credential_missing')
  }
})

// Fastify takes an empty segment for an id, and a route for GET for one for HEAD; the others have neither by themselves.
test.each([
  ['POST', '/v1/keys//toggle'],
  ['DELETE', '/v1/keys/'],
  ['GET', '/v1/keys//stats'],
])('%s %s, without an id, is left to the host', async (method, target) => {
  for (const answer of await answersTo(method, target)) expect(answer.json()).toEqual({ fellThrough: true })
})
test.each(['/v1/keys', '/v1/auth/me'])('HEAD %s is answered alike', async (target) => {
  const [first, ...others] = await answersTo('HEAD', target)
  const typeOf = (answer: RawResponse | undefined) => [answer?.status, answer?.headers.get('cache-control')]
  for (const other of others) expect(typeOf(other)).toEqual(typeOf(first))
})
