import { createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { accessOf, refusalOf, wireText } from '../support/decisions.js'
import { SECRET } from '../support/records.js'
import { mint } from '../support/tokens.js'
import { AUDIENCE, CLAIMS, ec, ed, ISSUER, jwksKit, now, rsa, server, stranger } from './jwks-kit.js'

describe('a token of an identity provider', () => {
  it('is proven by the published key of its kind, which is fetched once', async () => {
    const { code, store } = jwksKit()
    const before = server.requests
    for (const key of [rsa, ec, ed]) expect(await code(await key.sign(CLAIMS))).toBe('allowed')
    expect(server.requests - before).toBe(1)
    expect(store.lookups).toEqual([])
  })

  it('makes a principal of scopes alone', async () => {
    const { gate, request } = jwksKit()
    const claims = {
      ...CLAIMS,
      jti: 'token-1',
      scope: 'proofs:read  proofs:write',
      role: 'admin',
      wallets: [ALICE],
    }
    const { principal, wallet } = await accessOf(gate, request(await ec.sign(claims)))
    expect(principal).toEqual({
      kind: 'jwks',
      accountId: `${ISSUER}|user-1`,
      credentialId: 'token-1',
      role: null,
      scopes: ['proofs:read', 'proofs:write'],
      wallets: [],
    })
    expect(wallet).toBeNull()
    expect(Object.isFrozen(principal.scopes)).toBe(true)
  })

  it.each([
    [{ scp: ['a', 'b'] }, ['a', 'b']],
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scope: 'a', scp: ['b'] }, ['a']],
    [{ scp: ['a', 5, null, '', 'b'] }, ['a', 'b']],
    [{ scope: 5 }, []],
    [{ scope: { a: true } }, []],
    [{}, []],
  ])('reads its scopes from scope or scp: %j', async (claims, scopes) => {
    const { gate, request } = jwksKit()
    const { principal } = await accessOf(gate, request(await ec.sign({ ...CLAIMS, ...claims })))
    expect(principal.scopes).toEqual(scopes)
  })

  it('may be made for several audiences, and the host may answer to several', async () => {
    const { code } = jwksKit({ audience: ['https://a.example', AUDIENCE] })
    expect(await code(await ec.sign({ ...CLAIMS, aud: ['https://a.example', 'https://z.example'] }))).toBe(
      'allowed',
    )
    expect(await code(await ec.sign({ ...CLAIMS, aud: ['https://z.example'] }))).toBe('credential_invalid')
  })

  it.each<readonly [string, object]>([
    ['another iss', { iss: 'https://evil.example/' }],
    ['an iss without its slash', { iss: 'https://id.example' }],
    ['a list for its iss', { iss: [ISSUER] }],
    ['no iss', { iss: undefined }],
    ['another aud', { aud: 'https://evil.example' }],
    ['no aud', { aud: undefined }],
    ['an empty aud', { aud: [] }],
    ['a number in its aud', { aud: [AUDIENCE, 5] }],
    ['no exp', { exp: undefined }],
    ['a fraction for its exp', { exp: now + 0.5 }],
    ['a text for its nbf', { nbf: 'x' }],
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['a number for its sub', { sub: 5 }],
  ])('is invalid with %s', async (_flaw, changes) => {
    expect(await jwksKit().code(await rsa.sign({ ...CLAIMS, ...changes }))).toBe('credential_invalid')
  })

  it.each([
    ['is over 30 s after exp', { exp: now - 30 }, 'credential_expired'],
    ['is honoured until then', { exp: now - 29 }, 'allowed'],
    ['does not count before iat', { iat: now + 31 }, 'credential_not_yet_valid'],
    ['does not count before nbf', { nbf: now + 31 }, 'credential_not_yet_valid'],
    ['needs no iat', { iat: undefined }, 'allowed'],
    ['may last longer than ours, as its issuer says', { exp: now + 86_400 }, 'allowed'],
  ] as const)('%s', async (_what, changes, code) => {
    expect(await jwksKit().code(await ec.sign({ ...CLAIMS, ...changes }))).toBe(code)
  })

  it('tells of its times only where it was signed', async () => {
    const { gate, request } = jwksKit()
    const late = { ...CLAIMS, exp: now - 600, iat: now - 900 }
    const forged = wireText(await refusalOf(gate, request(await stranger.sign(late))))
    expect(forged).toBe(wireText(await refusalOf(gate, request(await stranger.sign(CLAIMS)))))
    expect(forged).toContain('Invalid token')
  })
})

describe('a key that does not count', () => {
  it('is one of the same name that was not published', async () => {
    expect(await jwksKit().code(await stranger.sign(CLAIMS))).toBe('credential_invalid')
  })

  it('is one of an unknown name, which is not fetched for again and again', async () => {
    const { code } = jwksKit()
    await code(await ec.sign(CLAIMS))
    const before = server.requests
    for (let count = 0; count < 20; count++) {
      expect(await code(await ec.sign(CLAIMS, { kid: `unknown-${count}` }))).toBe('credential_invalid')
    }
    expect(server.requests - before).toBeLessThanOrEqual(1)
  })

  it('is one of another algorithm', async () => {
    const { code } = jwksKit()
    expect(await code(await rsa.sign(CLAIMS, { kid: 'ec-1' }))).toBe('credential_invalid')
    expect(await code(await ed.sign(CLAIMS, { kid: 'rsa-1' }))).toBe('credential_invalid')
  })

  it('is one of an algorithm that the host does not take', async () => {
    const { code } = jwksKit({ algorithms: ['RS256'] })
    expect(await code(await rsa.sign(CLAIMS))).toBe('allowed')
    expect(await code(await ec.sign(CLAIMS))).toBe('credential_invalid')
  })

  it('is the published one used as a secret, in any of its spellings', async () => {
    const { code, store } = jwksKit()
    const pem = createPublicKey({ key: rsa.jwk, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString()
    for (const secret of [pem, pem.trim(), JSON.stringify(rsa.jwk), rsa.jwk.n ?? '', '']) {
      for (const header of [
        { alg: 'HS256' },
        { alg: 'HS256', kid: 'rsa-1' },
        { alg: 'RS256', kid: 'rsa-1' },
      ]) {
        expect(await code(mint({ ...CLAIMS, key_id: 'rsa-1' }, secret, header))).toBe('credential_invalid')
      }
    }
    expect(new Set(store.lookups.map(({ kind }) => kind))).toEqual(new Set())
  })

  it('is one that the token brings along', async () => {
    const { code } = jwksKit()
    expect(await code(await stranger.sign(CLAIMS, { jwk: stranger.jwk }))).toBe('credential_invalid')
    expect(await code(await ec.sign(CLAIMS, { jku: server.uri }))).toBe('credential_invalid')
  })

  it('is none at all', async () => {
    const { code } = jwksKit()
    const [header, payload] = (await ec.sign(CLAIMS)).split('.')
    expect(await code(`${header}.${payload}.`)).toBe('credential_invalid')
    expect(await code(mint(CLAIMS, SECRET, { alg: 'none' }))).toBe('credential_invalid')
    expect(await code(await ec.sign(CLAIMS, { typ: 'sallyport-session+jwt' }))).toBe('credential_invalid')
  })
})

describe('a token of another kind from the same provider', () => {
  it.each(['logout+jwt', 'secevent+jwt', 'dpop+jwt', 'rt+jwt', 'id'])(
    'is no bearer token: typ %s',
    async (typ) => {
      const { code } = jwksKit()
      expect(await code(await ec.sign(CLAIMS, { typ }))).toBe('credential_invalid')
    },
  )

  it.each(['JWT', 'at+jwt', 'AT+JWT', 'application/at+jwt'])('is one with typ %s', async (typ) => {
    const { code } = jwksKit()
    expect(await code(await ec.sign(CLAIMS, { typ }))).toBe('allowed')
  })

  it('is no bearer token where it is bound to a key of its bearer', async () => {
    const { code } = jwksKit()
    expect(await code(await ec.sign({ ...CLAIMS, cnf: { jkt: 'x' } }))).toBe('credential_invalid')
  })
})
