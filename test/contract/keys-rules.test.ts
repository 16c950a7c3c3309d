import { createGate } from 'sallyport'
import { routes } from 'sallyport/express'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import { problemsOf } from '../support/problems.js'
import { bearer, walletHeader } from '../support/requests.js'
import {
  type Caller,
  createService,
  harnesses,
  type KeySite,
  openSite,
  type ServiceOptions,
} from './keys-kit.js'

describe.each(harnesses)('what a key may be on $name', (harness) => {
  async function setUp(options?: ServiceOptions) {
    const site: KeySite = await openSite(harness, options)
    onTestFinished(() => site.app.close())
    const caller: Caller = await site.signIn()
    const create = (members: object) =>
      site.ask('POST', '/v1/keys', caller.headers, { name: 'prod', ...members })
    return { ...site, caller, create }
  }

  test('is a key of no scope, where the host names none', async () => {
    const { create } = await setUp()
    expect((await create({ scopes: [] })).json()).toMatchObject({ scopes: [] })
    const answer = await create({ scopes: ['proofs:read'] })
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'body_invalid',
      detail: 'scopes must be empty',
    })
  })

  test('is a key of scopes that the host has named, each once, and it acts by them', async () => {
    const { create, caller, ask } = await setUp({ keys: { scopes: ['proofs:read', 'refunds'] } })
    const answer = await create({ scopes: ['refunds', 'proofs:read', 'refunds'] })
    expect(answer.json()).toMatchObject({ scopes: ['refunds', 'proofs:read'] })
    const credentials = [bearer(String(answer.json().key)), walletHeader(caller.wallet.address)]
    expect((await ask('GET', '/v1/me', credentials)).json()).toMatchObject({
      scopes: ['refunds', 'proofs:read'],
    })
    for (const scopes of [
      ['admin'],
      ['refunds', 'admin'],
      ['REFUNDS'],
      ['refunds '],
      ['*'],
      [''],
      ['__proto__'],
    ]) {
      expect((await create({ scopes })).json()).toMatchObject({ status: 400, code: 'body_invalid' })
    }
  })

  test("is a key of the gate's own environment, and of none that the host has not named", async () => {
    const { create, caller, use } = await setUp({ environment: 'production' })
    for (const members of [{}, { environment: 'production' }]) {
      const answer = await create(members)
      expect(answer.json()).toMatchObject({ environment: 'production' })
      expect(await use(String(answer.json().key), caller.wallet)).toBe('allowed')
    }
    // A key without one would be honoured everywhere.
    for (const environment of [null, '', 'staging', 'Production', 7, ['production'], {}]) {
      expect((await create({ environment })).json()).toMatchObject({ status: 400, code: 'body_invalid' })
    }
  })

  test('is a key of another environment where the host says so: it does not exist here', async () => {
    const { create, caller, use, list } = await setUp({
      environment: 'production',
      keys: { environments: ['production', 'staging'] },
    })
    const answer = await create({ environment: 'staging' })
    expect(answer.json()).toMatchObject({ environment: 'staging' })
    expect(await use(String(answer.json().key), caller.wallet)).toBe('credential_invalid')
    expect(await list(caller)).toMatchObject([{ environment: 'staging' }])
    expect((await create({})).json()).toMatchObject({ environment: 'production' })
    expect((await create({ environment: 'test' })).json().code).toBe('body_invalid')
  })

  test.each([undefined, 'live'])(
    'must be said where the host names environments and the gate’s own is not one of them: %s',
    async (environment) => {
      const named = environment === undefined ? {} : { environment }
      const { create, caller, use } = await setUp({ ...named, keys: { environments: ['test'] } })
      expect((await create({})).json()).toMatchObject({
        code: 'body_invalid',
        detail: 'environment must be one of test',
      })
      expect((await create({ environment: null })).json().code).toBe('body_invalid')
      expect((await create({ environment: 'live' })).json().code).toBe('body_invalid')
      const { key } = (await create({ environment: 'test' })).json()
      expect(await use(String(key), caller.wallet)).toBe('credential_invalid')
    },
  )

  test('names no environment where neither the gate nor the host does', async () => {
    const { create } = await setUp()
    expect((await create({ environment: null })).json()).toMatchObject({ environment: null })
    expect((await create({ environment: 'production' })).json()).toMatchObject({
      code: 'body_invalid',
      detail: 'environment must be absent',
    })
  })

  test('ends by itself when it was to expire', async () => {
    const { create, caller, use, clock, list } = await setUp()
    const answer = await create({ expires_at: '2026-01-01T02:00:30+02:00' })
    expect(answer.json()).toMatchObject({ expires_at: '2026-01-01T00:00:30.000Z' })
    const key = String(answer.json().key)
    clock.advance(29_999)
    expect(await use(key, caller.wallet)).toBe('allowed')
    clock.advance(1)
    expect(await use(key, caller.wallet)).toBe('credential_expired')
    expect(await list(caller)).toMatchObject([{ expires_at: '2026-01-01T00:00:30.000Z' }])
  })

  test('is one of so many, however many are asked for at once', async () => {
    const { create, caller, ask, list } = await setUp({ keys: { maxPerAccount: 7 } })
    const answers = await Promise.all(Array.from({ length: 20 }, () => create({})))
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array(7).fill(201),
      ...Array(13).fill(400),
    ])
    const refusals = answers.filter(({ status }) => status === 400)
    expect(new Set(refusals.map((answer) => answer.json().detail))).toEqual(
      new Set(['This account has as many keys as it may have; revoke one first']),
    )
    expect(await list(caller)).toHaveLength(7)
    const [first] = await list(caller)
    // A disabled one still lives, a revoked one does not.
    await ask('POST', `/v1/keys/${first?.key_id}/toggle`, caller.headers)
    expect((await create({})).status).toBe(400)
    await ask('DELETE', `/v1/keys/${first?.key_id}`, caller.headers)
    expect((await create({})).status).toBe(201)
    expect((await create({})).status).toBe(400)
  })

  test('is counted by account: another wallet has room of its own', async () => {
    const { create, signIn, ask } = await setUp({ keys: { maxPerAccount: 1 } })
    const other = await signIn()
    expect((await create({})).status).toBe(201)
    expect((await create({})).status).toBe(400)
    expect((await ask('POST', '/v1/keys', other.headers, { name: 'x' })).status).toBe(201)
  })

  test('is one of fifty where the host does not say how many', async () => {
    const { create } = await setUp()
    const statuses: number[] = []
    for (let made = 0; made < 51; made++) statuses.push((await create({})).status)
    expect(statuses).toEqual([...Array(50).fill(201), 400])
  })

  test('is an outage, where the store cannot add it', async () => {
    const addCredential = () => Promise.reject(new Error('redis://u:hunter2@h'))
    const { create, list, caller } = await setUp({ wrapStore: (store) => ({ ...store, addCredential }) })
    const answer = await create({})
    // Nobody knows whether it was made: whoever sends it again blindly may have two.
    expect(answer.json()).toMatchObject({ status: 503, code: 'dependency_unavailable', retryable: false })
    expect(answer.headers.get('retry-after')).toBeUndefined()
    expect(answer.body).not.toContain('hunter2')
    expect(await list(caller)).toEqual([])
  })
})

describe('the key routes', () => {
  test.each([
    [{ maxPerAccount: 0 }, 'routes.keys.maxPerAccount must be a whole number of at least 1'],
    [{ maxPerAccount: 1.5 }, 'routes.keys.maxPerAccount must be a whole number of at least 1'],
    [{ scopes: 'refunds' }, 'routes.keys.scopes must be a list of strings'],
    [{ scopes: [''] }, 'routes.keys.scopes must be a list of strings'],
    [{ environments: [7] }, 'routes.keys.environments must be a list of strings'],
    [null, 'routes.keys must be true or options'],
    [false, 'routes.keys must be true or options'],
  ])('is not mounted with %j', (keys, problem) => {
    const { gate } = createService()
    expect(problemsOf(() => routes(gate, { keys: keys as never }))).toContain(problem)
  })

  test('tells an unknown option, and is not mounted where there is nothing to keep keys with', () => {
    const { gate } = createService()
    expect(problemsOf(() => routes(gate, { keys: { maxPerAcount: 7 } as never }))).toHaveLength(1)
    const needs = 'keys needs a gate with a store, apiKey() and walletSession({ origin, secrets })'
    expect(problemsOf(() => routes(createGate({ store: memoryStore() }), { keys: true }))).toEqual([needs])
    expect(problemsOf(() => routes(createGate({ findCredential: () => null }), { keys: true }))).toEqual([
      needs,
    ])
  })
})
