import jsonwebtoken from 'jsonwebtoken'
import { createGate, type SharedSecretCredential, sharedSecretJwt } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { BOB } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { accessOf, codeOf, refusalOf } from '../support/decisions.js'
import { never, throwing } from '../support/failures.js'
import { apiKeyRecord, KEY_ID, SECRET, sharedSecretRecord } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { jwtKit } from './jwt-kit.js'

describe('a shared secret', () => {
  it('is its UTF-8 bytes, so that tokens of other libraries are understood', async () => {
    const secret = 'sec_ключ-ключ-ключ-ключ-🔑🔑🔑'
    const kit = jwtKit()
    kit.store.put(sharedSecretRecord({ secrets: [secret] }))
    expect(await kit.code(jsonwebtoken.sign(kit.claims, secret, { algorithm: 'HS256' }))).toBe('allowed')
    expect(await kit.code(mint(kit.claims, secret))).toBe('allowed')
    await kit.expectInvalid(jsonwebtoken.sign(kit.claims, Buffer.from(secret, 'latin1')))
  })

  it('makes the principal of its record, whatever the token says', async () => {
    const kit = jwtKit()
    kit.store.put(sharedSecretRecord({ role: 'processor', scopes: ['charge'], wallets: [BOB] }))
    const { principal, wallet } = await accessOf(kit.gate, kit.request(mint(kit.claims, SECRET)))
    expect(principal).toEqual({
      kind: 'sharedSecretJwt',
      accountId: 'robots-inc',
      credentialId: 'cred_jwt',
      role: 'processor',
      scopes: ['charge'],
      wallets: [BOB],
    })
    expect(wallet?.address).toBe(BOB)
  })

  it('of a store issues tokens at once and none after it was revoked', async () => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    const gate = createGate({ store, clock, methods: [sharedSecretJwt()] })
    const { keyId, sharedSecret, credentialId } = await store.issueSharedSecret({ accountId: 'a' })
    const iat = clock.wallMs() / 1000
    const request = () => requestWith([bearer(mint({ key_id: keyId, iat, exp: iat + 60 }, sharedSecret))])
    expect(await codeOf(gate, request())).toBe('allowed')
    await store.revoke({ credential: credentialId })
    expect(await codeOf(gate, request())).toBe('credential_invalid')
  })

  it('may be two while one replaces the other', async () => {
    const kit = jwtKit()
    const next = 'sec_next-0123456789-0123456789-0123456789'
    kit.store.put(sharedSecretRecord({ secrets: [next, SECRET] }))
    expect(await kit.code(mint(kit.claims, next))).toBe('allowed')
    expect(await kit.code(mint(kit.claims, SECRET))).toBe('allowed')
    kit.store.put(sharedSecretRecord({ secrets: [next] }))
    expect(await kit.code(mint(kit.claims, next))).toBe('allowed')
    await kit.expectInvalid(mint(kit.claims, SECRET))
  })

  it('that is exchanged in its row takes the place of the old one at once', async () => {
    const kit = jwtKit()
    const row = { ...sharedSecretRecord() }
    kit.store.fault = () => row
    expect(await kit.code(mint(kit.claims, SECRET))).toBe('allowed')
    const next = 'sec_next-0123456789-0123456789-0123456789'
    Object.assign(row, { secrets: [next] })
    await kit.expectInvalid(mint(kit.claims, SECRET))
    expect(await kit.code(mint(kit.claims, next))).toBe('allowed')
  })

  it.each([
    ['nobody', undefined],
    ['one that is revoked', { status: 'revoked' }],
    ['one that is disabled', { status: 'disabled' }],
    ['one of another environment', { environment: 'sandbox' }],
    ['one that is revoked and expired', { status: 'revoked', expiresAtMs: 1 }],
  ] as const)('that belongs to %s is answered as a wrong signature is', async (_whose, changes) => {
    const kit = jwtKit({}, { environment: 'production' })
    kit.store.put(sharedSecretRecord({ keyId: 'api_key_void', ...changes }))
    const keyId = changes === undefined ? 'api_key_nobody' : 'api_key_void'
    await kit.expectInvalid(mint({ ...kit.claims, key_id: keyId }, SECRET))
    await kit.expectInvalid(mint(kit.claims, `${SECRET}x`))
  })

  it.each([
    [null, 'production', 'allowed'],
    ['production', 'production', 'allowed'],
    ['Production', 'production', 'credential_invalid'],
    ['sandbox', 'production', 'credential_invalid'],
    [null, undefined, 'allowed'],
    ['production', undefined, 'credential_invalid'],
  ])('of the environment %s at a gate of %s is %s', async (environment, ofGate, code) => {
    const kit = jwtKit({}, ofGate === undefined ? {} : { environment: ofGate })
    kit.store.put(sharedSecretRecord({ environment }))
    expect(await kit.code(mint(kit.claims, SECRET))).toBe(code)
  })

  it('that has expired is told so only to who can sign with it', async () => {
    const kit = jwtKit()
    kit.store.put(sharedSecretRecord({ expiresAtMs: kit.clock.wallMs() + 5_000 }))
    const token = mint(kit.claims, SECRET)
    kit.clock.advance(4_999)
    expect(await kit.code(token)).toBe('allowed')
    kit.clock.advance(1)
    expect(await kit.code(token)).toBe('credential_expired')
    await kit.expectInvalid(mint(kit.claims, `${SECRET}x`))
  })

  it('of 13 bytes, as in the seed, opens nothing even where a store holds it', async () => {
    const keyId = 'api_key_abc123...'
    const golden =
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJrZXlfaWQiOiJhcGlfa2V5X2FiYzEyMy4uLiIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzNjAwfQ.Pw3Ltq5DnyEev3XoWPmW0boJTr10O09HjcbzT1zO08I'
    const payload = { key_id: keyId, iat: 1_700_000_000, exp: 1_700_003_600 }
    expect(mint(payload, 'sec_xyz789...')).toBe(golden)

    const clock = manualClock(1_700_000_000_000)
    const kit = jwtKit({}, { clock })
    kit.store.put(sharedSecretRecord({ keyId, secrets: ['sec_xyz789...'] }))
    expect(await kit.code(golden)).toBe('dependency_unavailable')
    kit.store.put(sharedSecretRecord({ keyId }))
    await kit.expectInvalid(golden)
    expect(await kit.code(mint(payload, SECRET))).toBe('allowed')
  })
})

describe('a row of the store that cannot be used', () => {
  const fine = sharedSecretRecord()
  const rows: readonly (readonly [what: string, row: unknown])[] = [
    ['a text', 'secret'],
    ['an empty object', {}],
    ['an API key', { ...apiKeyRecord(), keyId: KEY_ID }],
    ['no kind', { ...fine, kind: undefined }],
    ['another key_id', { ...fine, keyId: 'api_key_other' }],
    ['a key_id in another case, as a case-folding column answers', { ...fine, keyId: KEY_ID.toUpperCase() }],
    ['a key_id with a space, as a trimming column answers', { ...fine, keyId: `${KEY_ID} ` }],
    ['no secrets', { ...fine, secrets: undefined }],
    ['no secret', { ...fine, secrets: [] }],
    ['an empty secret', { ...fine, secrets: [''] }],
    ['null for a secret', { ...fine, secrets: [null] }],
    ['"undefined" for a secret', { ...fine, secrets: ['undefined'] }],
    ['a secret of 31 bytes', { ...fine, secrets: ['x'.repeat(31)] }],
    ['a text for its secrets', { ...fine, secrets: SECRET }],
    ['one strong secret and one empty', { ...fine, secrets: [SECRET, ''] }],
    ['three secrets', { ...fine, secrets: [SECRET, SECRET, SECRET] }],
    ['bytes for a secret', { ...fine, secrets: [Buffer.from(SECRET)] }],
    ['no id', { ...fine, id: null }],
    ['no account', { ...fine, accountId: '' }],
    ['null for its account', { ...fine, accountId: null }],
    ['null for its wallets', { ...fine, wallets: null }],
    ['a text for its wallets', { ...fine, wallets: BOB }],
    ['a wallet that is no address', { ...fine, wallets: ['nobody'] }],
    ['null for its scopes', { ...fine, scopes: null }],
    ['a number for its role', { ...fine, role: 5 }],
    ['no role', { ...fine, role: undefined }],
    ['no environment', { ...fine, environment: undefined }],
    ['an empty environment', { ...fine, environment: '' }],
    ['a text for its expiry', { ...fine, expiresAtMs: '2030-01-01' }],
    ['a Date for its expiry', { ...fine, expiresAtMs: new Date(0) }],
    ['NaN for its expiry', { ...fine, expiresAtMs: Number.NaN }],
    ['an unknown status', { ...fine, status: 'Active' }],
    ['no status', { ...fine, status: undefined }],
  ]

  it.each(rows)('is an outage and never a principal or an invalid token: %s', async (_what, row) => {
    const kit = jwtKit()
    kit.store.fault = () => row
    for (const secret of [SECRET, '', 'undefined', 'null', 'x'.repeat(31)]) {
      const refusal = await refusalOf(kit.gate, kit.request(mint(kit.claims, secret)))
      expect(refusal).toMatchObject({ code: 'dependency_unavailable', dependency: 'store' })
    }
  })

  it('differs from a sound one by its fault alone', async () => {
    const kit = jwtKit()
    kit.store.fault = (): SharedSecretCredential => fine
    expect(await kit.code(mint(kit.claims, SECRET))).toBe('allowed')
    kit.store.fault = () => ({ ...fine, secrets: ['x'.repeat(32)] })
    expect(await kit.code(mint(kit.claims, 'x'.repeat(32)))).toBe('allowed')
  })
})

describe('a store that cannot say', () => {
  it.each([
    ['throws', throwing()],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['hangs', never],
    ['answers an empty text', () => ''],
    ['answers false', () => false],
    ['answers a promise of a bad row', () => Promise.resolve({})],
  ])('makes an outage of every token, right or wrong: it %s', async (_how, fault) => {
    const kit = jwtKit({}, { portTimeoutMs: 20 })
    kit.store.fault = fault
    expect(await kit.code(mint(kit.claims, SECRET))).toBe('dependency_unavailable')
    expect(await kit.code(mint(kit.claims, 'wrong'))).toBe('dependency_unavailable')
  })
})
