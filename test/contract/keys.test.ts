import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { bearer, walletHeader } from '../support/requests.js'
import { createWallet } from '../support/wallet.js'
import { type Caller, digestOf, harnesses, JSON_TYPE, type KeySite, openSite } from './keys-kit.js'

const CREATED_AT = '2026-01-01T00:00:00.000Z'

// What clients send where they have nothing to say: ACTO's own announces JSON on every request.
const BODILESS = [
  ['no body and no media type', [], undefined],
  ['no body that is announced as JSON', [JSON_TYPE], undefined],
  ['a JSON body of length 0', [JSON_TYPE], ''],
  ['a body of length 0 without a media type', [], ''],
  ['a text of length 0', [['Content-Type', 'text/plain']], ''],
] as const

describe.each(harnesses)('the life of a key on $name', (harness) => {
  let site: KeySite
  let caller: Caller
  beforeAll(async () => {
    site = await openSite(harness)
    caller = await site.signIn()
  })
  afterAll(() => site.app.close())

  test('begins with all that its owner may know of it, and the key itself', async () => {
    const answer = await site.ask('POST', '/v1/keys', caller.headers, { name: 'prod' })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toBe('application/json')
    const { key } = answer.json()
    expect(key).toMatch(/^acto_[\w-]{43}$/)
    expect(answer.json()).toEqual({
      key_id: expect.stringMatching(/^cred_[\w-]{22}$/),
      key,
      name: 'prod',
      prefix: 'acto',
      last_four: String(key).slice(-4),
      scopes: [],
      environment: null,
      created_at: CREATED_AT,
      created_by: caller.accountId,
      user_id: caller.accountId,
      is_active: true,
      status: 'active',
      expires_at: null,
      rotated_at: null,
      overlap_ends_at: null,
      revoked_at: null,
    })
  })

  test('is that of a credential of the account, which acts for its wallet and for no other', async () => {
    const { id, key } = await site.create(caller)
    const { address } = caller.wallet
    const me = await site.ask('GET', '/v1/me', [bearer(key), walletHeader(address)])
    expect(me.json()).toEqual({
      kind: 'apiKey',
      accountId: caller.accountId,
      credentialId: id,
      role: null,
      scopes: [],
      wallets: [address],
      acts: address,
    })
    expect(await site.use(key, createWallet())).toBe('wallet_mismatch')
    expect((await site.ask('GET', '/v1/me', [bearer(key)])).json().code).toBe('wallet_missing')
    expect(await site.use(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`, caller.wallet)).toBe(
      'credential_invalid',
    )
  })

  test('shows the key once, and its digest never', async () => {
    const { id, key } = await site.create(caller)
    const next = await site.rotate(caller, id)
    const { headers } = caller
    const answers = [
      await site.ask('PATCH', `/v1/keys/${id}`, headers, { name: 'renamed' }),
      await site.ask('POST', `/v1/keys/${id}/toggle`, headers),
      await site.ask('GET', '/v1/keys?include_inactive=true', headers),
      await site.ask('GET', `/v1/keys/${id}/stats`, headers),
      await site.ask('DELETE', `/v1/keys/${id}`, headers),
      await site.ask('GET', '/v1/keys?include_revoked=true', headers),
    ]
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const said = answers.map((answer) => `${answer.body}${JSON.stringify([...answer.headers])}`).join()
    for (const shown of [key, next.key]) {
      expect(said).not.toContain(shown)
      expect(said).not.toContain(shown.slice(5, 20))
      expect(said.toLowerCase()).not.toContain(digestOf(shown))
      expect(said).not.toContain(Buffer.from(digestOf(shown), 'hex').toString('base64').slice(0, 20))
    }
    const listed = (await site.list(caller, '?include_revoked=true')).find(({ key_id }) => key_id === id)
    expect(listed).toMatchObject({ prefix: 'acto', last_four: next.key.slice(-4) })
  })

  test('goes on under another name', async () => {
    const { id, key } = await site.create(caller)
    const answer = await site.ask('PATCH', `/v1/keys/${id}`, caller.headers, { name: 'Čeština 閉店 🚀' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.json()).toEqual({ success: true, key_id: id, name: 'Čeština 閉店 🚀', is_active: true })
    expect(await site.use(key, caller.wallet)).toBe('allowed')
    const listed = (await site.list(caller)).find(({ key_id }) => key_id === id)
    expect(listed).toMatchObject({ name: 'Čeština 閉店 🚀', created_at: CREATED_AT })
  })

  test.each(BODILESS)('is switched off and on, at once, by %s', async (_what, typed, body) => {
    const { id, key } = await site.create(caller)
    const toggle = () => site.ask('POST', `/v1/keys/${id}/toggle`, [...typed, ...caller.headers], body)
    const off = await toggle()
    expect(off.status).toBe(200)
    expect(off.json()).toEqual({ success: true, key_id: id, name: 'prod', is_active: false })
    expect(await site.use(key, caller.wallet)).toBe('credential_invalid')
    expect((await toggle()).json()).toMatchObject({ success: true, is_active: true })
    expect(await site.use(key, caller.wallet)).toBe('allowed')
  })

  test('is switched to what is asked for, however often', async () => {
    const { id, key } = await site.create(caller)
    for (const is_active of [false, false, true, true, false]) {
      const answer = await site.ask('POST', `/v1/keys/${id}/toggle`, caller.headers, { is_active })
      expect(answer.json()).toEqual({ success: true, key_id: id, name: 'prod', is_active })
      expect(await site.use(key, caller.wallet)).toBe(is_active ? 'allowed' : 'credential_invalid')
    }
    expect((await site.list(caller)).map(({ key_id }) => key_id)).not.toContain(id)
    const listed = await site.list(caller, '?include_inactive=true')
    expect(listed.find(({ key_id }) => key_id === id)).toMatchObject({ is_active: false, status: 'disabled' })
    expect((await site.ask('POST', `/v1/keys/${id}/toggle`, caller.headers, {})).json()).toMatchObject({
      is_active: true,
    })
  })

  test.each(BODILESS)('ends at once, for good, by a DELETE with %s', async (_what, typed, body) => {
    const { id, key } = await site.create(caller)
    const end = () => site.ask('DELETE', `/v1/keys/${id}`, [...typed, ...caller.headers], body)
    expect(await site.use(key, caller.wallet)).toBe('allowed')
    const answer = await end()
    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual({ success: true, key_id: id })
    expect(await site.use(key, caller.wallet)).toBe('credential_invalid')
    const again = await end()
    expect(again.status).toBe(404)
    expect(again.json()).toMatchObject({ status: 404, code: 'not_found' })
  })

  test('leaves a tombstone that nobody can change', async () => {
    const { id, key } = await site.create(caller)
    site.clock.advance(5_000)
    await site.ask('DELETE', `/v1/keys/${id}`, caller.headers)
    const buried = async () =>
      (await site.list(caller, '?include_revoked=true')).find(({ key_id }) => key_id === id)
    const tombstone = await buried()
    expect(tombstone).toMatchObject({
      is_active: false,
      status: 'revoked',
      revoked_at: new Date(site.clock.wallMs()).toISOString(),
    })
    for (const query of ['', '?include_inactive=true']) {
      expect((await site.list(caller, query)).map(({ key_id }) => key_id)).not.toContain(id)
    }
    site.clock.advance(5_000)
    const { headers } = caller
    const attempts = [
      await site.ask('PATCH', `/v1/keys/${id}`, headers, { name: 'risen' }),
      await site.ask('POST', `/v1/keys/${id}/toggle`, headers),
      await site.ask('POST', `/v1/keys/${id}/toggle`, headers, { is_active: true }),
      await site.ask('POST', `/v1/keys/${id}/rotate`, headers, { overlap_seconds: 0 }),
      await site.ask('DELETE', `/v1/keys/${id}`, headers),
    ]
    for (const { status, json } of attempts) expect([status, json().code]).toEqual([404, 'not_found'])
    expect(await buried()).toEqual(tombstone)
    expect(await site.use(key, caller.wallet)).toBe('credential_invalid')
  })

  test('is told to no handler and no error handler of the host', () => {
    expect(site.app.ran.filter((name) => name !== 'GET /v1/me')).toEqual([])
    expect(site.app.errors).toEqual([])
  })
})

describe.each(harnesses)('a key of a store that has to be waited for, on $name', (harness) => {
  async function setUp() {
    const site = await openSite(harness, {
      wrapStore: (store) => ({ ...store, findCredential: async (...call) => store.findCredential(...call) }),
    })
    onTestFinished(() => site.app.close())
    return { site, caller: await site.signIn() }
  }

  test('is refused at once by the gate that ended it, though it was just let in', async () => {
    const { site, caller } = await setUp()
    const { headers } = caller
    const endings: readonly ((id: string) => Promise<unknown>)[] = [
      (id) => site.ask('DELETE', `/v1/keys/${id}`, headers),
      (id) => site.ask('POST', `/v1/keys/${id}/toggle`, headers),
      (id) => site.rotate(caller, id, { overlap_seconds: 0 }),
      (id) => site.gate.revoke({ credential: id }),
    ]
    for (const end of endings) {
      const { id, key } = await site.create(caller)
      for (let used = 0; used < 3; used++) expect(await site.use(key, caller.wallet)).toBe('allowed')
      await end(id)
      expect(await site.use(key, caller.wallet)).toBe('credential_invalid')
    }
  })

  test('is let in at once when it is enabled again', async () => {
    const { site, caller } = await setUp()
    const { id, key } = await site.create(caller)
    for (const code of ['credential_invalid', 'allowed', 'credential_invalid', 'allowed']) {
      await site.ask('POST', `/v1/keys/${id}/toggle`, caller.headers)
      for (let used = 0; used < 2; used++) expect(await site.use(key, caller.wallet)).toBe(code)
    }
  })
})
