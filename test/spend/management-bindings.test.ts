import { apiKey, createGate, sharedSecretJwt } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import { adapters } from '../registry.js'
import { ALICE, BOB, CAROL } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { send } from '../support/http.js'
import { bearer } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { FIGMA, type Party, type SpendSite } from './kit.js'
import { openManagement, POLICY, refusalOf, wholeOf } from './management-kit.js'

const NOT_OWN = [400, 'body_invalid', 'instrument_id names no API key or wallet of this account']
const UNKNOWN = '00000000-0000-4000-8000-000000000000'

/** An enterprise whose own credential is bound to wallets. */
async function withWallets({ store, clock }: SpendSite, wallets: readonly string[]): Promise<Party> {
  const grant = { accountId: 'acme', role: 'enterprise', wallets }
  const { keyId, sharedSecret, credentialId } = await store.issueSharedSecret(grant)
  const iat = Math.floor(clock.wallMs() / 1000)
  const token = mint({ key_id: keyId, iat, exp: iat + 3600 }, sharedSecret)
  return { accountId: 'acme', credentialId, headers: () => [bearer(token)] }
}

describe('a binding', () => {
  test('lets an instrument spend, is suspended, active again, and retired for good', async () => {
    const { makeAuthority, post, get, patch, authorize } = await openManagement()
    const { authority } = await makeAuthority({
      mode: 'enforce',
      processor_account_ids: ['issuer-one'],
    })
    const body = { spending_authority_id: authority, instrument_type: 'card', instrument_id: 'inst_abc123' }
    const ask = async () => (await authorize({ ...FIGMA, instrument_id: 'inst_abc123' })).json().reason_code
    expect(await ask()).toBe('INSTRUMENT_UNKNOWN')
    const made = await post('/v1/bindings', body)
    expect([made.status, made.json()]).toEqual([
      201,
      {
        binding_id: expect.stringMatching(/^bnd_[0-9a-f-]{36}$/),
        ...body,
        status: 'active',
        created_at: '2026-01-01T00:00:00.000Z',
      },
    ])
    const path = `/v1/bindings/${String(made.json().binding_id)}`
    expect((await get(path)).json()).toEqual(made.json())
    expect(await ask()).toBe('POLICY_MATCH')
    expect((await patch(path, { status: 'suspended' })).json()).toEqual({
      ...made.json(),
      status: 'suspended',
    })
    expect(await ask()).toBe('BINDING_INACTIVE')
    await patch(path, { status: 'active' })
    expect(await ask()).toBe('POLICY_MATCH')
    await patch(path, { status: 'retired' })
    expect(await ask()).toBe('INSTRUMENT_UNKNOWN')
    expect(refusalOf(await patch(path, { status: 'active' })).slice(0, 2)).toEqual([400, 'body_invalid'])
  })

  test('holds its instrument until it is retired, against its own account and others, card and token alike', async () => {
    const { makeAuthority, make, post, patch, party } = await openManagement()
    const { authority } = await makeAuthority()
    const rival = await party('enterprise', 'rival')
    const foreign = (await makeAuthority({}, rival)).authority
    const bind = (spending_authority_id: string, instrument_type: string, by?: Party) =>
      post('/v1/bindings', { spending_authority_id, instrument_type, instrument_id: 'inst_1' }, by)
    const first = String((await bind(authority, 'card')).json().binding_id)
    const bound = [409, 'instrument_bound', 'This instrument is bound already']
    for (const status of ['active', 'suspended']) {
      await patch(`/v1/bindings/${first}`, { status })
      expect(refusalOf(await bind(authority, 'card'))).toEqual(bound)
      expect(refusalOf(await bind(authority, 'token'))).toEqual(bound)
      expect(refusalOf(await bind(foreign, 'card', rival))).toEqual(bound)
    }
    await patch(`/v1/bindings/${first}`, { status: 'retired' })
    const second = await bind(authority, 'token')
    expect(second.status).toBe(201)
    expect(second.json().binding_id).not.toBe(first)
    // What is retired does not come back over what has taken its place.
    expect((await patch(`/v1/bindings/${first}`, { status: 'active' })).status).toBe(400)
    expect(refusalOf(await bind(foreign, 'card', rival))).toEqual(bound)
    expect(
      await make('/v1/bindings', {
        spending_authority_id: authority,
        instrument_type: 'card',
        instrument_id: 'inst_2',
      }),
    ).toMatch(/^bnd_/)
  })

  test('of one instrument, asked for twenty times at once, is made once', async () => {
    const { makeAuthority, post, get } = await openManagement()
    const { authority } = await makeAuthority()
    const body = { spending_authority_id: authority, instrument_type: 'card', instrument_id: 'inst_1' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/v1/bindings', body)))
    expect(answers.map(({ status }) => status).sort()).toEqual([
      201,
      ...Array.from({ length: 19 }, () => 409),
    ])
    expect((await get('/v1/bindings')).json().bindings).toHaveLength(1)
  })

  test('is to a spending authority of the same account that is not retired', async () => {
    const { makeAuthority, post, patch, party, get } = await openManagement()
    const { authority } = await makeAuthority()
    const foreign = await makeAuthority({}, await party('enterprise', 'rival'))
    const bind = (spending_authority_id: string) =>
      post('/v1/bindings', { spending_authority_id, instrument_type: 'card', instrument_id: 'inst_1' })
    const unknown = 'spending_authority_id names no spending authority of this account'
    for (const id of [foreign.authority, `sa_${UNKNOWN}`]) {
      expect(refusalOf(await bind(id))).toEqual([400, 'body_invalid', unknown])
    }
    await patch(`/v1/spending-authorities/${authority}`, { status: 'retired' })
    const retired = 'spending_authority_id names a spending authority that is retired'
    expect(refusalOf(await bind(authority))).toEqual([400, 'body_invalid', retired])
    expect((await get('/v1/bindings')).json().bindings).toEqual([])
  })
})

describe('an API key', () => {
  test('is bound by the account that it belongs to, and by nobody else', async () => {
    const { store, makeAuthority, post } = await openManagement()
    const { authority } = await makeAuthority()
    const own = await store.issueApiKey({ accountId: 'acme', wallets: [ALICE] })
    const foreign = await store.issueApiKey({ accountId: 'rival', wallets: [BOB] })
    const ended = await store.issueApiKey({ accountId: 'acme', wallets: [ALICE] })
    await store.revoke({ credential: ended.credentialId })
    const bind = (instrument_id: string) =>
      post('/v1/bindings', { spending_authority_id: authority, instrument_type: 'api_key', instrument_id })
    const unknown = await bind('AAAAAAAAAAAAAAAAAAAAAA')
    expect(refusalOf(unknown)).toEqual(NOT_OWN)
    for (const id of [foreign.credentialId, ended.credentialId, 'not an id']) {
      expect(wholeOf(await bind(id))).toEqual(wholeOf(unknown))
    }
    const bound = await bind(own.credentialId)
    expect([bound.status, bound.json().instrument_id]).toEqual([201, own.credentialId])
  })

  test('is bound by nobody where the host keeps credentials itself', async () => {
    const clock = manualClock()
    const spendStore = memoryStore({ clock })
    const secret = 'a secret of more than thirty-two bytes'
    const credential = {
      kind: 'sharedSecret',
      id: 'c1',
      keyId: 'k1',
      secrets: [secret],
      accountId: 'acme',
      wallets: [ALICE],
      role: 'enterprise',
      scopes: [],
      environment: null,
      expiresAtMs: null,
      status: 'active',
    } as const
    const gate = createGate({
      findCredential: async ({ kind }) => (kind === 'sharedSecret' ? credential : undefined),
      methods: [sharedSecretJwt()],
      spend: { store: spendStore },
      clock,
      onDecision: () => undefined,
    })
    const [harness] = adapters.express ?? []
    const app = await harness?.start({ endpoints: { gate, groups: { spend: true } } })
    if (app === undefined) throw new Error('the registry has no harness of Express')
    onTestFinished(() => app.close())
    const iat = Math.floor(clock.wallMs() / 1000)
    const token = mint({ key_id: 'k1', iat, exp: iat + 3600 }, secret)
    const post = (target: string, body: object) =>
      send(app.origin, {
        method: 'POST',
        target,
        headers: [bearer(token), ['Content-Type', 'application/json']],
        body: JSON.stringify(body),
      })
    const agent_id = (await post('/v1/agents', { name: 'a' })).json().agent_id
    const policy_id = (await post('/v1/policies', POLICY)).json().policy_id
    const mandate = await post('/v1/spending-authorities', { agent_id, policy_id, name: 'x' })
    const { spending_authority_id } = mandate.json()
    const bind = (instrument_type: string, instrument_id: string) =>
      post('/v1/bindings', { spending_authority_id, instrument_type, instrument_id })
    expect(refusalOf(await bind('api_key', 'c1'))).toEqual(NOT_OWN)
    expect(refusalOf(await bind('wallet', BOB))).toEqual(NOT_OWN)
    expect((await bind('wallet', ALICE)).status).toBe(201)
    expect((await bind('card', 'inst_1')).status).toBe(201)
  })
})

describe('a wallet', () => {
  test('is bound by who holds it, or by the account whose key acts for it, and by nobody else', async () => {
    const site = await openManagement({ gate: { methods: [sharedSecretJwt(), apiKey()] } })
    const { store, makeAuthority, post } = site
    const { authority } = await makeAuthority()
    const bind = (instrument_id: string, by?: Party) =>
      post('/v1/bindings', { spending_authority_id: authority, instrument_type: 'wallet', instrument_id }, by)
    const unknown = await bind(CAROL)
    expect(refusalOf(unknown)).toEqual(NOT_OWN)
    await store.issueApiKey({ accountId: 'rival', wallets: [ALICE] })
    expect(wholeOf(await bind(ALICE))).toEqual(wholeOf(unknown))
    expect((await bind(ALICE, await withWallets(site, [BOB, ALICE]))).status).toBe(201)
    const { credentialId } = await store.issueApiKey({ accountId: 'acme', wallets: [CAROL] })
    expect((await bind(CAROL)).status).toBe(201)
    // One that was ended gives nobody its wallet.
    await store.issueApiKey({ accountId: 'rival', wallets: [CAROL] })
    await store.revoke({ credential: credentialId })
    expect(refusalOf(await bind(CAROL))).toEqual(NOT_OWN)
  })

  test('is found behind a thousand other keys of the account', async () => {
    const { store, makeAuthority, post, clock } = await openManagement()
    const { authority } = await makeAuthority()
    for (let at = 0; at < 1_001; at++) await store.issueApiKey({ accountId: 'acme', wallets: [ALICE] })
    clock.advance(1)
    await store.issueApiKey({ accountId: 'acme', wallets: [BOB] })
    const body = { spending_authority_id: authority, instrument_type: 'wallet', instrument_id: BOB }
    expect((await post('/v1/bindings', body)).status).toBe(201)
  })
})
