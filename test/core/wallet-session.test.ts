import jsonwebtoken from 'jsonwebtoken'
import { createGate, sharedSecretJwt, type WalletSessionOptions, walletSession } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, BOB } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { accessOf, codeOf, refusalOf, wireText } from '../support/decisions.js'
import { KEY_ID, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { mint, type Part, respell } from '../support/tokens.js'

const ORIGIN = 'https://api.example'
const NEWEST = 'newest-session-secret-0123456789-abc'
const OLDER = 'older-session-secret-0123456789-abcd'
const SESSION = { alg: 'HS256', typ: 'sallyport-session+jwt' } as const

function sessionKit(options: Partial<WalletSessionOptions> = {}) {
  const clock = manualClock()
  const store = tableStore(sharedSecretRecord({ wallets: [BOB] }))
  const method = walletSession({ origin: ORIGIN, secrets: [NEWEST, OLDER], ...options })
  const gate = createGate({ store, clock, methods: [method, sharedSecretJwt()] })
  const now = clock.wallMs() / 1000
  const claims = { iss: ORIGIN, aud: ORIGIN, sub: ALICE, jti: 'session-1', iat: now, exp: now + 1800 }
  const request = (token: string) => requestWith([bearer(token)])
  const codeWith = (changes: object, header: Part = SESSION, secret = NEWEST) =>
    codeOf(gate, request(mint({ ...claims, ...changes }, secret, header)))
  return { clock, store, gate, claims, now, request, codeWith }
}

describe('a wallet session', () => {
  it('acts for its wallet and for none other', async () => {
    const { gate, claims, store } = sessionKit()
    const token = mint(claims, NEWEST, SESSION)
    const { principal, wallet } = await accessOf(gate, requestWith([bearer(token)]))
    expect(principal).toEqual({
      kind: 'walletSession',
      accountId: `wallet:${ALICE}`,
      credentialId: 'session-1',
      role: null,
      scopes: [],
      wallets: [ALICE],
    })
    expect(wallet?.address).toBe(ALICE)
    expect(await codeOf(gate, requestWith([bearer(token), walletHeader(ALICE)]))).toBe('allowed')
    expect(await codeOf(gate, requestWith([bearer(token), walletHeader(BOB)]))).toBe('wallet_mismatch')
    expect(store.lookups).toEqual([])
  })

  it('may be signed with any secret of the list, whatever made it', async () => {
    const { codeWith, gate, claims, request } = sessionKit()
    expect(await codeWith({}, SESSION, NEWEST)).toBe('allowed')
    expect(await codeWith({}, SESSION, OLDER)).toBe('allowed')
    expect(await codeWith({}, SESSION, 'a-secret-that-is-on-no-list-at-all-0')).toBe('credential_invalid')
    const foreign = jsonwebtoken.sign(claims, OLDER, { header: SESSION })
    expect(await codeOf(gate, request(foreign))).toBe('allowed')
  })

  it('is over with the last secret that signed it', async () => {
    const { codeWith } = sessionKit({ secrets: [NEWEST] })
    expect(await codeWith({}, SESSION, OLDER)).toBe('credential_invalid')
  })

  it.each<readonly [string, object]>([
    ['no iss', { iss: undefined }],
    ['another iss', { iss: 'https://evil.example' }],
    ['an iss with a slash', { iss: `${ORIGIN}/` }],
    ['a list for its iss', { iss: [ORIGIN] }],
    ['no aud', { aud: undefined }],
    ['another aud', { aud: 'https://evil.example' }],
    ['a list for its aud', { aud: [ORIGIN] }],
    ['no sub', { sub: undefined }],
    ['a sub that is no address', { sub: 'alice' }],
    ['a sub in another case', { sub: ALICE.toLowerCase() }],
    ['a list for its sub', { sub: [ALICE] }],
    ['a number for its sub', { sub: 5 }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a number for its jti', { jti: 5 }],
    ['a jti with a control character', { jti: 'a\0' }],
    ['no iat', { iat: undefined }],
    ['no exp', { exp: undefined }],
    ['a text for its exp', { exp: '1767229200' }],
    ['a fraction for its exp', { exp: 1767229200.5 }],
  ])('is invalid with %s', async (_flaw, changes) => {
    const { codeWith } = sessionKit()
    expect(await codeWith({})).toBe('allowed')
    expect(await codeWith(changes)).toBe('credential_invalid')
  })

  it.each<readonly [string, Part]>([
    ['the typ JWT', { alg: 'HS256', typ: 'JWT' }],
    ['no typ', { alg: 'HS256' }],
    ['its typ in another case', { alg: 'HS256', typ: 'Sallyport-Session+JWT' }],
    ['its typ with a prefix', { alg: 'HS256', typ: 'application/sallyport-session+jwt' }],
    ['the alg HS512', { ...SESSION, alg: 'HS512' }],
    ['the alg none', { ...SESSION, alg: 'none' }],
    ['the alg RS256', { ...SESSION, alg: 'RS256' }],
    ['crit', { ...SESSION, crit: ['b64'], b64: true }],
  ])('is invalid with %s', async (_flaw, header) => {
    expect(await sessionKit().codeWith({}, header)).toBe('credential_invalid')
  })

  it('is invalid in a second spelling', async () => {
    const { gate, claims, request } = sessionKit()
    const [header, payload, signature = ''] = mint(claims, NEWEST, SESSION).split('.')
    expect(await codeOf(gate, request(`${header}.${payload}.${respell(signature)}`))).toBe(
      'credential_invalid',
    )
  })

  it('never counts as a token of a shared secret, nor the other way round', async () => {
    const { gate, now, claims, request, store } = sessionKit()
    const asSession = { ...claims, key_id: KEY_ID, exp: now + 600 }
    expect(await codeOf(gate, request(mint(asSession, SECRET, SESSION)))).toBe('credential_invalid')
    expect(store.lookups).toEqual([])
    const { aud: _, ...others } = asSession
    expect(await codeOf(gate, request(mint(others, NEWEST)))).toBe('credential_invalid')
    expect(await codeOf(gate, request(mint({ ...others, sub: ALICE }, SECRET)))).toBe('allowed')
    const { principal } = await accessOf(gate, request(mint(others, SECRET)))
    expect(principal.wallets).toEqual([BOB])
  })

  it('lasts no longer than the host says, and ends 5 seconds after exp', async () => {
    const { codeWith, clock, now } = sessionKit()
    expect(await codeWith({ exp: now + 1801 })).toBe('credential_lifetime')
    expect(await codeWith({ exp: now })).toBe('credential_lifetime')
    expect(await codeWith({ iat: now + 6, exp: now + 60 })).toBe('credential_not_yet_valid')
    expect(await codeWith({ iat: now + 5, exp: now + 60 })).toBe('allowed')
    expect(await codeWith({ nbf: now + 6 })).toBe('credential_not_yet_valid')
    clock.advance(1_804_999)
    expect(await codeWith({})).toBe('allowed')
    clock.advance(1)
    expect(await codeWith({})).toBe('credential_expired')
  })

  it('may last longer where the host says so', async () => {
    const { codeWith, now } = sessionKit({ sessionTtlSeconds: 86_400 })
    expect(await codeWith({ exp: now + 86_400 })).toBe('allowed')
    expect(await codeWith({ exp: now + 86_401 })).toBe('credential_lifetime')
  })

  it('that is forged is answered as one that is malformed, though it is out of time', async () => {
    const { gate, claims, request, now } = sessionKit()
    const answers = [
      mint({ ...claims, exp: now - 60, iat: now - 120 }, OLDER.toUpperCase(), SESSION),
      mint({ ...claims, exp: now + 99_999 }, OLDER.toUpperCase(), SESSION),
      mint({ ...claims, sub: 'alice' }, NEWEST, SESSION),
      mint({}, NEWEST, SESSION),
    ].map(async (token) => wireText(await refusalOf(gate, request(token))))
    expect(new Set(await Promise.all(answers)).size).toBe(1)
  })

  it('means nothing at a gate that takes none', async () => {
    const { claims, clock, store, request } = sessionKit()
    const gate = createGate({ store, clock, methods: [sharedSecretJwt()] })
    expect(await codeOf(gate, request(mint(claims, NEWEST, SESSION)))).toBe('credential_invalid')
  })
})
