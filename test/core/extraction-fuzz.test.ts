import fc from 'fast-check'
import { apiKey, createGate, sharedSecretJwt, toGateRequest, walletSession } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ABSENT, AMBIGUOUS, extractBearer, MALFORMED } from '../../src/extraction.js'
import { parseCompactJwt } from '../../src/methods/compact-jwt.js'
import { REPEATED, readHeader } from '../../src/request.js'
import { manualClock } from '../support/clock.js'
import { API_KEY, apiKeyRecord, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { HS256, mint, part, signParts } from '../support/tokens.js'

const clock = manualClock()
const now = clock.wallMs() / 1000
const CLAIMS = { key_id: 'api_key_abc123', iat: now, exp: now + 3600 }
const TOKEN = mint(CLAIMS, SECRET)
const CREDENTIALS = [API_KEY, TOKEN]

const store = tableStore(apiKeyRecord({ wallets: [] }), sharedSecretRecord())
const gate = createGate({
  store,
  clock,
  methods: [apiKey(), sharedSecretJwt(), walletSession({ origin: 'https://api.example', secrets: [SECRET] })],
  onDecision: () => undefined,
})

/** Texts that look like headers, made of what matters in one. */
const pieces = fc.constantFrom(
  'Bearer',
  'bearer',
  'Basic',
  ' ',
  '\t',
  ',',
  ', ',
  '\u00a0',
  '=',
  '"',
  'x',
  '.',
  '',
  ...CREDENTIALS,
)
const headerText = fc.oneof(
  fc.array(pieces, { maxLength: 8 }).map((list) => list.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
)
const name = fc.constantFrom(
  'Authorization',
  'authorization',
  'AUTHORIZATION',
  'X-Wallet-Address',
  'Host',
  'x',
)

describe('whatever a caller sends', () => {
  it('a header is read without a throw, as one value, none, or a repetition', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, headerText), { maxLength: 5 }), fc.boolean(), (pairs, raw) => {
        const rawHeaders = raw ? pairs.flat() : []
        const request = toGateRequest({ rawHeaders, headers: Object.fromEntries(pairs) }, '/', {})
        const value = readHeader(request, 'authorization')
        const sent = (raw ? pairs : Object.entries(Object.fromEntries(pairs))).filter(
          ([sentName]) => sentName.toLowerCase() === 'authorization',
        )
        if (sent.length === 0) expect(value).toBeUndefined()
        else expect(value).toBe(sent.length === 1 ? sent[0]?.[1] : REPEATED)
      }),
    )
  })

  it('a bearer token is one run of token characters, and the whole of what follows the scheme', () => {
    fc.assert(
      fc.property(headerText, (header) => {
        const found = extractBearer(header)
        if (typeof found !== 'string') {
          expect([ABSENT, AMBIGUOUS, MALFORMED]).toContain(found)
          return
        }
        expect(found).toMatch(/^[A-Za-z0-9._~+/-]+=*$/)
        expect(header.toLowerCase().startsWith('bearer ')).toBe(true)
        expect(header.slice(7).trimStart()).toBe(found)
      }),
      { numRuns: 2_000 },
    )
  })

  it('two credentials in one header are never one token', () => {
    const between = fc.constantFrom(' ', ',', ', ', ' ,', '\t', ', Bearer ', ',bearer ', ' Bearer ')
    const scheme = fc.constantFrom('Bearer ', 'bearer  ', 'Basic a, Bearer ')
    const one = fc.constantFrom(...CREDENTIALS)
    fc.assert(
      fc.property(scheme, one, between, one, (start, first, gap, second) => {
        expect(extractBearer(`${start}${first}${gap}${second}`)).toBe(AMBIGUOUS)
      }),
    )
  })

  it('a JWT is parsed without a throw, and what is parsed is three parts of base64url around JSON', () => {
    const segment = fc.oneof(
      fc.constantFrom(part(HS256), part(CLAIMS), '', 'e30', 'e31', '!'),
      fc.base64String().map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
      fc.json().map((json) => part(json)),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), (segments) => {
        const token = segments.join('.')
        const jwt = parseCompactJwt(token)
        if (jwt === undefined) return
        expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
        expect(typeof jwt.header.alg).toBe('string')
        expect(part(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toBe(token.split('.')[1])
      }),
      { numRuns: 2_000 },
    )
  })

  it('the gate decides without a throw, and lets in nothing but a credential that is alone', async () => {
    const headers = fc.array(fc.tuple(name, headerText), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(headers, fc.string(), async (pairs, target) => {
        const decision = await gate(
          toGateRequest({ method: 'GET', rawHeaders: pairs.flat(), headers: {} }, target, {}),
        )
        if (decision.type === 'refuse') return
        const sent = pairs.filter(([sentName]) => sentName.toLowerCase() === 'authorization')
        expect(sent).toHaveLength(1)
        const [, value = ''] = sent[0] ?? []
        const rest = value.replace(/^bearer +/i, '')
        expect(CREDENTIALS).toContain(rest)
      }),
      { numRuns: 1_500 },
    )
  })

  it('the gate lets in none of the tokens that differ from a good one in a single character', async () => {
    const at = fc.nat({ max: TOKEN.length - 1 })
    await fc.assert(
      fc.asyncProperty(at, fc.string({ minLength: 0, maxLength: 2 }), async (index, replacement) => {
        const token = TOKEN.slice(0, index) + replacement + TOKEN.slice(index + 1)
        fc.pre(token.trimStart() !== TOKEN)
        const rawHeaders = ['Authorization', `Bearer ${token}`]
        const decision = await gate(toGateRequest({ rawHeaders, headers: {} }, '/', {}))
        expect(decision.type).toBe('refuse')
      }),
      { numRuns: 1_000 },
    )
  })

  it('the gate takes a signed token exactly where its claims are in order', async () => {
    const seconds = fc.oneof(
      fc.constantFrom(
        now - 3_600,
        now - 1,
        now,
        now + 1,
        now + 29,
        now + 31,
        now + 3_600,
        0,
        -1,
        1e308,
        now + 0.5,
      ),
      fc.anything(),
    )
    const keyId = fc.oneof(fc.constantFrom(CLAIMS.key_id, 'api_key_other', '__proto__'), fc.anything())
    await fc.assert(
      fc.asyncProperty(seconds, seconds, keyId, fc.anything(), async (iat, exp, key_id, extra) => {
        const json = safeJson({ key_id, iat, exp, extra })
        fc.pre(json !== undefined)
        const rawHeaders = ['Authorization', `Bearer ${signParts(part(HS256), part(json ?? ''), SECRET)}`]
        const decision = await gate(toGateRequest({ rawHeaders, headers: {} }, '/', {}))
        if (decision.type === 'refuse') return
        expect(key_id).toBe(CLAIMS.key_id)
        expect(Number.isSafeInteger(iat) && Number.isSafeInteger(exp)).toBe(true)
        const [from, until] = [Number(iat), Number(exp)]
        expect(until - from).toBeGreaterThan(0)
        expect(until - from).toBeLessThanOrEqual(3_600)
        expect(from).toBeLessThanOrEqual(now + 30)
        expect(until).toBeGreaterThan(now - 30)
      }),
      { numRuns: 1_000 },
    )
  })

  it('the good ones are let in, so that the above says something', async () => {
    for (const credential of CREDENTIALS) {
      const rawHeaders = ['Authorization', `Bearer ${credential}`]
      expect((await gate(toGateRequest({ rawHeaders, headers: {} }, '/', {}))).type).toBe('allow')
    }
  })
})

function safeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
