import { apiKey, createGate, sharedSecretJwt } from 'sallyport'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, walletHeader } from '../support/requests.js'
import { createWallet } from '../support/wallet.js'
import {
  ask,
  type Caller,
  createService,
  type Headers,
  harnesses,
  type KeySite,
  openSite,
  type ShownKey,
  wholeAnswer,
} from './keys-kit.js'

const UNKNOWN_ID = 'cred_AAAAAAAAAAAAAAAAAAAAAA'

// Whatever can be asked about one key.
const VERBS = [
  ['PATCH', '', { name: 'mine' }],
  ['PATCH', '', { name: '' }],
  ['DELETE', '', undefined],
  ['DELETE', '', {}],
  ['DELETE', '', { reason: 'x' }],
  ['POST', '/toggle', undefined],
  ['POST', '/toggle', { is_active: true }],
  ['POST', '/toggle', { is_active: 'yes' }],
  ['POST', '/rotate', undefined],
  ['POST', '/rotate', { overlap_seconds: 0 }],
  ['POST', '/rotate', { overlap_seconds: -1 }],
  ['GET', '/stats', undefined],
  ['GET', '/stats?hours=3', undefined],
  ['GET', '/stats?hours=x', undefined],
] as const

describe.each(harnesses)('between accounts on $name', (harness) => {
  let site: KeySite
  let owner: Caller
  let stranger: Caller
  let shown: ShownKey
  beforeAll(async () => {
    site = await openSite(harness)
    owner = await site.signIn()
    stranger = await site.signIn()
    shown = await site.create(owner)
    await site.use(shown.key, owner.wallet)
  })
  afterAll(() => site.app.close())

  test.each(VERBS)("%s of another's key%s with %j answers as for one that is unknown", async (...verb) => {
    const [method, path, body] = verb
    const revoked = await site.create(owner)
    await site.ask('DELETE', `/v1/keys/${revoked.id}`, owner.headers)
    const pair = await site.store.issueSharedSecret({ accountId: 'acme' })
    const robot = await site.store.issueApiKey({ prefix: 'acto', accountId: 'robots' })
    const before = await site.list(owner, '?include_inactive=true&include_revoked=true')
    const answerTo = async (id: string) =>
      wholeAnswer(await site.ask(method, `/v1/keys/${id}${path}`, stranger.headers, body))

    const unknown = await answerTo(UNKNOWN_ID)
    expect([400, 404]).toContain(unknown.status)
    for (const id of [shown.id, revoked.id, pair.credentialId, robot.credentialId]) {
      expect(await answerTo(id)).toEqual(unknown)
    }
    expect(await site.list(owner, '?include_inactive=true&include_revoked=true')).toEqual(before)
    expect(await site.use(shown.key, owner.wallet)).toBe('allowed')
    for (const { credentialId } of [pair, robot]) {
      expect(await site.store.describeCredential(credentialId)).toMatchObject({ status: 'active' })
    }
  })

  test('no list shows what another has, whatever its cursor', async () => {
    await site.create(owner, { name: 'second' })
    const first = (await site.ask('GET', '/v1/keys?limit=1', owner.headers)).json()
    const mine = await site.create(stranger)
    const cursor = encodeURIComponent(String(first.next_cursor))
    for (const query of ['', `?cursor=${cursor}`, '?include_revoked=true&include_inactive=true']) {
      expect((await site.list(stranger, query)).every(({ key_id }) => key_id === mine.id)).toBe(true)
    }
  })

  test('what a caller may not choose is refused: its account, its wallet, its id, its digest', async () => {
    const { address } = owner.wallet
    for (const members of [
      { user_id: owner.accountId },
      { accountId: owner.accountId },
      { wallets: [address] },
      { wallet_address: address },
      { key_id: shown.id },
      { digest: '0'.repeat(64) },
      { key: shown.key },
      { role: 'enterprise' },
    ]) {
      const body = { name: 'x', ...members }
      expect((await site.ask('POST', '/v1/keys', stranger.headers, body)).json()).toMatchObject({
        status: 400,
        code: 'body_invalid',
      })
    }
  })

  test('a session does not act for a wallet that is not its own', async () => {
    const headers: Headers = [...stranger.headers, walletHeader(owner.wallet.address)]
    for (const [method, target] of [
      ['GET', '/v1/keys'],
      ['GET', '/v1/auth/me'],
      ['DELETE', `/v1/keys/${shown.id}`],
      ['POST', '/v1/auth/wallet/logout'],
    ] as const) {
      expect((await site.ask(method, target, headers)).json()).toMatchObject({
        status: 403,
        code: 'wallet_mismatch',
      })
    }
  })
})

const ENDPOINTS = [
  ['POST', '/v1/keys', { name: 'x' }],
  ['POST', '/v1/keys', '{'],
  ['GET', '/v1/keys', undefined],
  ['GET', '/v1/keys?limit=x', undefined],
  ...VERBS.map(([method, path, body]) => [method, `/v1/keys/${UNKNOWN_ID}${path}`, body] as const),
  ['GET', '/v1/auth/me', undefined],
  ['POST', '/v1/auth/wallet/logout', undefined],
] as const

describe.each(harnesses)('who may ask about keys and sessions on $name', (harness) => {
  let site: KeySite
  let caller: Caller
  let shown: ShownKey
  beforeAll(async () => {
    site = await openSite(harness)
    caller = await site.signIn()
    shown = await site.create(caller)
  })
  afterAll(() => site.app.close())

  test.each(ENDPOINTS)('%s %s with %j is for sessions alone', async (method, target, body) => {
    const { address } = caller.wallet
    const missing = await site.ask(method, target, [], body)
    expect(missing.json()).toMatchObject({ status: 401, code: 'credential_missing' })
    expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="api"')

    const key = [bearer(shown.key), walletHeader(address)]
    for (const headers of [key, [bearer(shown.key)]]) {
      const byKey = await site.ask(method, target, headers, body)
      expect(byKey.json()).toMatchObject({
        status: 403,
        code: 'method_mismatch',
        accepted: ['walletSession'],
      })
    }
    for (const token of [`${caller.token}x`, `acto_${'A'.repeat(43)}`, shown.id, 'x.y.z']) {
      const unknown = await site.ask(method, target, [bearer(token)], body)
      expect(unknown.json()).toMatchObject({ status: 401, code: 'credential_invalid' })
    }
    const twice = await site.ask(method, target, [...caller.headers, bearer(shown.key)], body)
    expect(twice.json()).toMatchObject({ status: 400, code: 'request_ambiguous' })
    const [item] = await site.list(caller)
    expect(item).toMatchObject({ key_id: shown.id, name: 'prod', is_active: true, rotated_at: null })
  })

  test('a session acts where sessions do, and is refused where keys are wanted', async () => {
    const { gate, groups } = site
    const app = await harness.start({
      endpoints: { gate, groups },
      routes: [
        { path: '/keys-only', guards: [{ require: gate.with({ methods: ['apiKey'] }) }] },
        { path: '/sessions-only', guards: [{ require: gate.with({ methods: ['walletSession'] }) }] },
      ],
    })
    const key = [bearer(shown.key), walletHeader(caller.wallet.address)]
    const codes: unknown[] = []
    for (const target of ['/keys-only', '/sessions-only']) {
      for (const headers of [key, caller.headers]) {
        const answer = await ask(app, 'GET', target, headers)
        codes.push(answer.status === 200 ? 'allowed' : answer.json().code)
      }
    }
    await app.close()
    expect(codes).toEqual(['allowed', 'method_mismatch', 'method_mismatch', 'allowed'])
  })

  test('a session means nothing to a gate of another secret, and a key nothing to another store', async () => {
    const other = createService()
    const app = await harness.start({
      guards: [
        {
          require: createGate({
            store: other.store,
            methods: [apiKey({ prefix: 'acto' }), sharedSecretJwt()],
          }),
        },
      ],
      routes: [{ path: '/v1/me' }],
    })
    const key = [bearer(shown.key), walletHeader(caller.wallet.address)]
    for (const headers of [key, caller.headers]) {
      expect((await ask(app, 'GET', '/v1/me', headers)).json().code).toBe('credential_invalid')
    }
    await app.close()
  })

  test('a key that a wallet made cannot be used for the wallet of another', async () => {
    expect(await site.use(shown.key, createWallet())).toBe('wallet_mismatch')
  })
})
