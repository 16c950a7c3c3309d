import { apiKey, createGate, sharedSecretJwt, toGateRequest } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ABSENT, AMBIGUOUS, extractBearer, MALFORMED } from '../../src/extraction.js'
import { type HeaderValue, REPEATED, readHeader } from '../../src/request.js'
import { ALICE, BOB } from '../support/addresses.js'
import { codeOf, refusalOf, wireOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'

describe('the Authorization header', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER abc', 'abc'],
    ['bEaReR abc', 'abc'],
    ['Bearer  abc', 'abc'],
    [`Bearer${' '.repeat(500)}abc`, 'abc'],
    ['Bearer Bearer', 'Bearer'],
    ['Bearer aA0-._~+/z==', 'aA0-._~+/z=='],
  ])('%j holds the token %j', (header, token) => {
    expect(extractBearer(header)).toBe(token)
  })

  it.each([
    ['nothing', undefined],
    ['an empty value', ''],
    ['the scheme alone', 'Bearer'],
    ['the scheme and spaces', 'Bearer    '],
    ['a bare key', API_KEY],
    ['a bare JWT', 'a.b.c'],
    ['another scheme', 'Basic YTpi'],
    ['another scheme with commas', 'Digest username="a", realm="b", nonce="c"'],
    ['a scheme that begins alike', 'BearerX abc'],
    ['a scheme with a hyphen', 'Bearer-Token abc'],
    ['a scheme with a colon', 'Bearer: abc'],
    ['a tab behind the scheme', 'Bearer\tabc'],
    ['a no-break space behind the scheme', 'Bearer\u00a0abc'],
    ['a form feed behind the scheme', 'Bearer\fabc'],
    ['a space before the scheme', ' Bearer abc'],
    ['a quoted scheme', '"Bearer" abc'],
    ['a prefix of the scheme', 'Bear abc'],
    ['a scheme with a letter that only folds to one of its', 'Bearer\u0131 abc'],
  ])('holds no bearer token where it is %s', (_what, header) => {
    expect(extractBearer(header)).toBe(ABSENT)
  })

  it.each<readonly [string, HeaderValue]>([
    ['repeated', REPEATED],
    ['two tokens', 'Bearer abc def'],
    ['two tokens with a tab', 'Bearer abc\tdef'],
    ['a tab before the token', 'Bearer \tabc'],
    ['a space behind the token', 'Bearer abc '],
    ['two tokens with a comma', 'Bearer abc,def'],
    ['two values with a comma', 'Bearer abc, Bearer def'],
    ['two values, the second of another scheme', 'Bearer abc, Basic YTpi'],
    ['two values, the first of another scheme', 'Basic YTpi, Bearer abc'],
    ['two values without a space between', 'Basic YTpi,bearer abc'],
    ['two values with a tab between', 'Basic YTpi,\t BEARER\tabc'],
    ['two values, the second empty', 'Basic YTpi, Bearer'],
    ['a comma behind the scheme', 'Bearer, Bearer abc'],
    ['an empty value before the token', ', Bearer abc'],
    ['a comma behind the token', 'Bearer abc,'],
  ])('is ambiguous where it holds %s', (_what, header) => {
    expect(extractBearer(header)).toBe(AMBIGUOUS)
  })

  it.each([
    'Bearer abc"',
    'Bearer äbc',
    'Bearer abc\u00a0def',
    'Bearer a=b',
    'Bearer =',
    'Bearer a\0b',
    'Bearer 漢',
    'Bearer abc\n',
  ])('%j holds what no token looks like', (header) => {
    expect(extractBearer(header)).toBe(MALFORMED)
  })
})

describe('a header of a request', () => {
  const request = (
    rawHeaders: readonly string[],
    headers: Record<string, string | readonly string[] | undefined> = {},
  ) => toGateRequest({ method: 'GET', rawHeaders, headers }, '/', {})

  it('is found in any case', () => {
    expect(readHeader(request(['AUTHORIZATION', 'a']), 'authorization')).toBe('a')
    expect(readHeader(request(['Host', 'h', 'authorization', 'a']), 'authorization')).toBe('a')
  })

  it('is counted as received, since Node keeps one of several', () => {
    const both = ['Authorization', 'Bearer a', 'X', 'y', 'authorization', 'Bearer b']
    expect(readHeader(request(both, { authorization: 'Bearer a' }), 'authorization')).toBe(REPEATED)
    expect(readHeader(request(['A', 'x', 'a', '']), 'a')).toBe(REPEATED)
  })

  it('is never taken from a value that looks like its name', () => {
    expect(readHeader(request(['X', 'Authorization', 'Bearer a', 'b']), 'authorization')).toBeUndefined()
  })

  it('that is empty is there', () => {
    expect(readHeader(request(['Authorization', '']), 'authorization')).toBe('')
  })

  it('is never read from what Node folded where the raw ones are there', () => {
    expect(readHeader(request(['Host', 'h'], { authorization: 'Bearer a' }), 'authorization')).toBeUndefined()
  })

  it('is read from the folded ones where a host supplies nothing else', () => {
    expect(readHeader(request([], { authorization: 'Bearer a' }), 'authorization')).toBe('Bearer a')
    expect(readHeader(request([], { Authorization: 'Bearer a' }), 'authorization')).toBe('Bearer a')
    expect(readHeader(request([], { authorization: undefined }), 'authorization')).toBeUndefined()
    const bare = toGateRequest({ headers: { AUTHORIZATION: 'Bearer a' } }, '/', {})
    expect(readHeader(bare, 'authorization')).toBe('Bearer a')
  })

  it('is repeated where the folded ones hold a list, or two cases of its name', () => {
    expect(readHeader(request([], { authorization: ['Bearer a', 'Bearer b'] }), 'authorization')).toBe(
      REPEATED,
    )
    expect(readHeader(request([], { authorization: ['Bearer a'] }), 'authorization')).toBe(REPEATED)
    expect(
      readHeader(request([], { authorization: 'Bearer a', Authorization: 'Bearer b' }), 'authorization'),
    ).toBe(REPEATED)
  })

  it('is never a member that an object has by birth', () => {
    expect(readHeader(request([], {}), 'constructor')).toBeUndefined()
    expect(readHeader(request([], {}), '__proto__')).toBeUndefined()
  })
})

describe('a request at the gate', () => {
  const store = tableStore(apiKeyRecord())
  const gate = createGate({ store, methods: [apiKey(), sharedSecretJwt()] })
  const tokensOnly = createGate({ store, methods: [sharedSecretJwt()] })

  it.each([
    ['no credential', []],
    ['an empty header', [['Authorization', '']]],
    ['another scheme', [['Authorization', 'Basic YTpi']]],
    ['a bare key', [['Authorization', API_KEY]]],
    ['a key in another header', [['X-Api-Key', API_KEY]]],
  ] as const)('with %s is answered 401 without an error code', async (_what, headers) => {
    const keys = wireOf(await refusalOf(gate, requestWith(headers)))
    expect(keys).toMatchObject({
      status: 401,
      body: { code: 'credential_missing', detail: 'Invalid API key' },
    })
    expect(keys.headers['WWW-Authenticate']).toBe('Bearer realm="api"')
    const tokens = wireOf(await refusalOf(tokensOnly, requestWith(headers)))
    expect(tokens.body.detail).toBe('A bearer token is required')
  })

  it.each([
    ['a repeated credential', [bearer(API_KEY), bearer(API_KEY)]],
    ['two credentials', [bearer(API_KEY), ['authorization', 'Basic YTpi']]],
    ['an empty one and a credential', [['Authorization', ''], bearer(API_KEY)]],
    ['a joined credential', [['Authorization', `Bearer ${API_KEY}, Bearer ${API_KEY}`]]],
    ['a joined credential of two schemes', [['Authorization', `Basic YTpi, Bearer ${API_KEY}`]]],
  ] as const)('with %s is ambiguous, though each would be allowed', async (_what, headers) => {
    const refusal = await refusalOf(gate, requestWith([...headers, walletHeader(ALICE)]))
    expect(wireOf(refusal)).toMatchObject({
      status: 400,
      headers: { 'WWW-Authenticate': 'Bearer realm="api", error="invalid_request"' },
      body: { code: 'request_ambiguous', detail: 'Send one Authorization header with one value' },
    })
  })

  it.each([
    ['repeated', [walletHeader(ALICE), walletHeader(ALICE)]],
    ['of two values', [walletHeader(ALICE), walletHeader(BOB)]],
    ['joined by a comma', [['x-wallet-address', `${ALICE}, ${BOB}`]]],
    ['a comma', [['x-wallet-address', ',']]],
  ] as const)(
    'with a wallet header that is %s is ambiguous, before any look in the store',
    async (_what, headers) => {
      const before = store.lookups.length
      const refusal = await refusalOf(gate, requestWith([bearer(API_KEY), ...headers]))
      expect(wireOf(refusal).body).toMatchObject({
        code: 'request_ambiguous',
        detail: 'Send one x-wallet-address header with one value',
      })
      expect(store.lookups.length).toBe(before)
    },
  )

  it('from a host without raw headers is decided alike, lists and commas refused', async () => {
    const from = (headers: Record<string, string | readonly string[]>) =>
      codeOf(gate, toGateRequest({ method: 'GET', headers }, '/', {}))
    const Authorization = `Bearer ${API_KEY}`
    expect(await from({ Authorization, 'X-Wallet-Address': ALICE })).toBe('allowed')
    expect(await from({ Authorization: [Authorization], 'X-Wallet-Address': ALICE })).toBe(
      'request_ambiguous',
    )
    expect(await from({ Authorization, 'X-Wallet-Address': [ALICE, ALICE] })).toBe('request_ambiguous')
    expect(await from({ Authorization, 'X-Wallet-Address': `${ALICE},${ALICE}` })).toBe('request_ambiguous')
    expect(await from({ Authorization: `${Authorization}, ${Authorization}` })).toBe('request_ambiguous')
    expect(await from({ Authorization, authorization: Authorization })).toBe('request_ambiguous')
    expect(await from({})).toBe('credential_missing')
  })
})
