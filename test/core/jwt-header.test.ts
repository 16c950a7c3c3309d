import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { KEY_ID, SECRET } from '../support/records.js'
import { HS256, mint, part, signParts } from '../support/tokens.js'
import { jwtKit } from './jwt-kit.js'

describe('the alg of a JWT', () => {
  const kit = jwtKit()
  const signed = (header: object | string, hash?: string) =>
    signParts(part(header), part(kit.claims), SECRET, hash)

  it('is HS256', async () => {
    expect(await kit.code(signed({ alg: 'HS256' }))).toBe('allowed')
  })

  it.each([
    ['none', signed({ alg: 'none' })],
    ['none with an empty signature', `${part({ alg: 'none' })}.${part(kit.claims)}.`],
    ['None', signed({ alg: 'None' })],
    ['NONE', signed({ alg: 'NONE' })],
    ['the empty string', signed({ alg: '' })],
    ['hs256', signed({ alg: 'hs256' })],
    ['HS256 and a space', signed({ alg: 'HS256 ' })],
    ['HS384, signed with SHA-384', signed({ alg: 'HS384' }, 'sha384')],
    ['HS512, signed with SHA-512', signed({ alg: 'HS512' }, 'sha512')],
    ['HS384, signed with SHA-256', signed({ alg: 'HS384' })],
    ['HS256, signed with SHA-512', signed({ alg: 'HS256' }, 'sha512')],
    ['RS256, signed as HS256', signed({ alg: 'RS256' })],
    ['ES256, signed as HS256', signed({ alg: 'ES256' })],
    ['EdDSA, signed as HS256', signed({ alg: 'EdDSA' })],
    ['a number', signed({ alg: 256 })],
    ['a list', signed({ alg: ['HS256'] })],
    ['an object', signed({ alg: { toString: 'HS256' } })],
    ['null', signed({ alg: null })],
    ['nothing', signed({ typ: 'JWT' })],
    ['inherited from __proto__', signed('{"__proto__":{"alg":"HS256"}}')],
  ])('makes a token invalid where it is %s', async (_alg, token) => {
    await kit.expectInvalid(token)
  })

  it('makes a token invalid where it is RS256 with a key of the sender', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const input = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(kit.claims)}`
    await kit.expectInvalid(
      `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`,
    )
  })
})

describe('a header parameter', () => {
  const kit = jwtKit()
  const jwk = { kty: 'oct', k: Buffer.from(SECRET).toString('base64url') }

  it.each([
    ['crit with an unknown name', { crit: ['exp-hard'], 'exp-hard': true }],
    ['crit with a standard name', { crit: ['alg'] }],
    ['crit that is empty', { crit: [] }],
    ['crit that is a text', { crit: 'exp' }],
    ['crit that is null', { crit: null }],
    ['crit with b64', { crit: ['b64'], b64: true }],
    ['b64 true', { b64: true }],
    ['b64 false', { b64: false }],
    ['b64 false with crit', { crit: ['b64'], b64: false }],
    ['zip', { zip: 'DEF' }],
    ['cty', { cty: 'JWT' }],
    ['cty json', { cty: 'application/json' }],
    ['jwk', { jwk }],
    ['jku', { jku: 'http://127.0.0.1:9/jwks.json' }],
    ['x5u', { x5u: 'http://127.0.0.1:9/cert.pem' }],
    ['x5c', { x5c: ['MIIB'] }],
  ])('that asks for anything special makes a token invalid: %s', async (_name, parameters) => {
    await kit.expectInvalid(mint(kit.claims, SECRET, { ...HS256, ...parameters }))
  })

  it('never chooses the key: an embedded one that signed the token does not count', async () => {
    const own = 'x'.repeat(40)
    const header = { ...HS256, jwk: { kty: 'oct', k: Buffer.from(own).toString('base64url') } }
    await kit.expectInvalid(mint(kit.claims, own, header))
  })

  it('that is unknown is ignored', async () => {
    expect(await kit.codeWith({}, { ...HS256, 'x-trace': 'a', iss: 'b', alg2: 'none' })).toBe('allowed')
  })
})

describe('the typ of a JWT', () => {
  const kit = jwtKit()

  it.each(['JWT', 'jwt', 'Jwt'])('may be %s', async (typ) => {
    expect(await kit.codeWith({}, { alg: 'HS256', typ })).toBe('allowed')
  })

  it('may be absent', async () => {
    expect(await kit.codeWith({}, { alg: 'HS256' })).toBe('allowed')
  })

  it.each([
    'at+jwt',
    'sallyport-session+jwt',
    'SALLYPORT-SESSION+JWT',
    'dpop+jwt',
    'secevent+jwt',
    'application/jwt',
    'JWT ',
    '',
    null,
    5,
    ['JWT'],
  ])('makes a token of another kind invalid: %j', async (typ) => {
    await kit.expectInvalid(mint(kit.claims, SECRET, { alg: 'HS256', typ }))
  })
})

describe('the name of the key', () => {
  const kit = jwtKit()
  const { key_id: _, ...nameless } = kit.claims
  const withHeader = (payload: object, kid: unknown) => mint(payload, SECRET, { ...HS256, kid })

  it('is the key_id claim', async () => {
    expect(await kit.code(mint(kit.claims, SECRET))).toBe('allowed')
  })

  it('may be the kid header alone', async () => {
    expect(await kit.code(withHeader(nameless, KEY_ID))).toBe('allowed')
  })

  it('may be both, where they agree', async () => {
    expect(await kit.code(withHeader(kit.claims, KEY_ID))).toBe('allowed')
  })

  it.each([
    ['another key', withHeader(kit.claims, 'api_key_other')],
    ['another case', withHeader(kit.claims, KEY_ID.toUpperCase())],
    ['nothing', withHeader(kit.claims, '')],
    ['a number', withHeader(kit.claims, 5)],
    ['null', withHeader(kit.claims, null)],
    ['a list', withHeader(kit.claims, [KEY_ID])],
  ])('makes a token invalid where kid names %s', async (_what, token) => {
    await kit.expectInvalid(token)
  })

  it.each([
    ['absent', undefined],
    ['a number', 123],
    ['a list', [KEY_ID]],
    ['an object', { key_id: KEY_ID }],
    ['null', null],
    ['true', true],
    ['empty', ''],
    ['a space', ' '],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
    ['hasOwnProperty', 'hasOwnProperty'],
    ['of 5 KB', 'x'.repeat(5_000)],
    ['longer than 256 characters', KEY_ID.padEnd(257, 'x')],
    ['with a NUL in it', `${KEY_ID}\0`],
    ['with a newline behind it', `${KEY_ID}\n`],
    ['with a DEL in it', `\u007f${KEY_ID}`],
    ['with a C1 control character in it', `${KEY_ID}\u0085`],
    ['with a space behind it', `${KEY_ID} `],
    ['in upper case', KEY_ID.toUpperCase()],
    ['with a no-break space behind it', `${KEY_ID}\u00a0`],
    ['a lone surrogate', '\ud800'],
    ['SQL', "' OR 1=1 --"],
    ['a pattern', 'api_key_%'],
  ])('makes a token invalid where it is %s', async (_what, keyId) => {
    await kit.expectInvalid(mint({ ...kit.claims, key_id: keyId }, SECRET))
  })

  it('reaches the store only as a text of 1 to 256 characters without control characters', async () => {
    const { store, claims, expectInvalid } = jwtKit()
    for (const keyId of [undefined, null, 5, '', [KEY_ID], `${KEY_ID}\0`, 'x'.repeat(257)]) {
      await expectInvalid(mint({ ...claims, key_id: keyId }, SECRET))
    }
    expect(store.lookups).toEqual([])
  })

  it('may be under a claim that the host names, and then key_id says nothing', async () => {
    const custom = jwtKit({ keyIdClaim: 'client' })
    const { key_id, ...others } = custom.claims
    expect(await custom.code(mint({ ...others, client: key_id }, SECRET))).toBe('allowed')
    await custom.expectInvalid(mint(custom.claims, SECRET))
  })

  it('is never read from the prototype of the claims', async () => {
    const custom = jwtKit({ keyIdClaim: 'constructor' })
    await custom.expectInvalid(mint(custom.claims, SECRET))
    await kit.expectInvalid(
      mint(`{"__proto__":{"key_id":"${KEY_ID}"},"iat":${kit.now},"exp":${kit.now + 60}}`, SECRET),
    )
  })
})
