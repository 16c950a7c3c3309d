import { describe, expect, it } from 'vitest'
import { parseCompactJwt } from '../../src/methods/compact-jwt.js'
import { SECRET } from '../support/records.js'
import { base64url, HS256, mint, part, respell, signParts } from '../support/tokens.js'
import { jwtKit } from './jwt-kit.js'

const split = (token: string): [string, string, string] => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return [header, payload, signature]
}

describe('the outer shape of a JWT', () => {
  const kit = jwtKit()
  const valid = mint(kit.claims, SECRET)
  const [header, payload, signature] = split(valid)

  it('is accepted where nothing is wrong with it', async () => {
    expect(await kit.code(valid)).toBe('allowed')
  })

  it.each([
    ['one part', header],
    ['two parts', `${header}.${payload}`],
    ['two parts and a dot', `${header}.${payload}.`],
    ['four parts', `${valid}.${signature}`],
    ['a fourth part that is empty', `${valid}.`],
    ['an empty header', signParts('', payload, SECRET)],
    ['an empty payload', signParts(header, '', SECRET)],
    ['only dots', '..'],
    ['a leading dot', `.${valid}`],
    ['thousands of dots', `.${'.'.repeat(5_000)}`],
    ['the five parts of a JWE', `${header}.${payload}.${signature}.${signature}.${signature}`],
  ])('is refused with %s', async (_flaw, token) => {
    await kit.expectInvalid(token)
  })

  it.each([
    ['the header', `${header}=.${payload}`],
    ['the payload', `${header}.${payload}=`],
  ])('is refused with padding on %s, though the signature covers it', async (_part, input) => {
    const [first = '', second = ''] = input.split('.')
    await kit.expectInvalid(signParts(first, second, SECRET))
  })

  it('is refused with padding on the signature', async () => {
    await kit.expectInvalid(`${valid}=`)
  })

  it('is refused with a header in a second spelling of base64url, though the signature covers it', async () => {
    const spare = part({ alg: 'HS256', typ: 'JWT', x: '' })
    const odd = spare.length % 4 === 0 ? part({ alg: 'HS256', typ: 'JWT', x: '1' }) : spare
    expect(await kit.code(signParts(odd, payload, SECRET))).toBe('allowed')
    await kit.expectInvalid(signParts(respell(odd), payload, SECRET))
  })

  it('is refused with a payload in a second spelling of base64url, though the signature covers it', async () => {
    const texts = ['', '1', '12'].map((x) => part({ ...kit.claims, x }))
    const odd = texts.filter((text) => text.length % 4 !== 0)
    expect(new Set(odd.map((text) => text.length % 4))).toEqual(new Set([2, 3]))
    for (const text of odd) {
      expect(await kit.code(signParts(header, text, SECRET))).toBe('allowed')
      await kit.expectInvalid(signParts(header, respell(text), SECRET))
    }
  })

  it('is refused with a signature in a second spelling of base64url', async () => {
    await kit.expectInvalid(`${header}.${payload}.${respell(signature)}`)
  })

  it.each(['+', '/', '~', '.', ' ', '\t', '\n', '\u00a0', 'é', '%', '\0'])(
    'is refused with %j among its characters',
    async (foreign) => {
      for (const token of [
        `${header.slice(0, 8)}${foreign}${header.slice(9)}.${payload}.${signature}`,
        `${header}.${payload.slice(0, 8)}${foreign}${payload.slice(9)}.${signature}`,
        `${header}.${payload}.${signature.slice(0, 8)}${foreign}${signature.slice(9)}`,
      ]) {
        expect(await kit.code(token)).toMatch(/^(?:credential_invalid|request_ambiguous)$/)
      }
    },
  )

  it.each([
    ['a space behind it', ' ', 'request_ambiguous'],
    ['a tab behind it', '\t', 'request_ambiguous'],
    ['a newline behind it', '\n', 'credential_invalid'],
    ['a NUL behind it', '\0', 'credential_invalid'],
  ])('is refused with %s', async (_what, tail, code) => {
    expect(await kit.code(valid + tail)).toBe(code)
  })

  it('may have 8192 bytes and not one more', async () => {
    expect(await kit.code(ofLength(8_191))).toBe('allowed')
    expect(await kit.code(ofLength(8_192))).toBe('allowed')
    await kit.expectInvalid(ofLength(8_193))
  })

  it('is refused at 100 KB without a look in the store', async () => {
    const { store, claims, expectInvalid } = jwtKit()
    await expectInvalid(mint({ ...claims, fill: 'x'.repeat(100_000) }, SECRET))
    await expectInvalid('a.'.repeat(50_000))
    expect(store.lookups).toEqual([])
  })

  it.each([
    [
      'the header',
      (bad: string) => [base64url(Buffer.concat([bytes('{"alg":"HS256","x":"'), INVALID, bytes('"}')])), bad],
    ],
    [
      'the payload',
      (bad: string) => [bad, base64url(Buffer.concat([bytes(claimsOpen()), INVALID, bytes('"}')]))],
    ],
  ])('is refused with bytes in %s that are no UTF-8', async (where, make) => {
    const [first = '', second = ''] = make(where === 'the header' ? payload : header)
    await kit.expectInvalid(signParts(first, second, SECRET))
  })

  it.each([
    ['a lone surrogate', Buffer.from([0xed, 0xa0, 0x80])],
    ['an overlong slash', Buffer.from([0xc0, 0xaf])],
    ['a sequence that is cut off', Buffer.from([0xf0, 0x9f, 0x98])],
    ['a code point beyond Unicode', Buffer.from([0xf5, 0x80, 0x80, 0x80])],
  ])('is refused with a claim that holds %s in UTF-8', async (_what, sequence) => {
    const odd = base64url(Buffer.concat([bytes(claimsOpen()), sequence, bytes('"}')]))
    await kit.expectInvalid(signParts(header, odd, SECRET))
  })

  it('is refused with a byte order mark before the header or the payload', async () => {
    const mark = '\ufeff'
    await kit.expectInvalid(mint(mark + JSON.stringify(kit.claims), SECRET))
    await kit.expectInvalid(mint(kit.claims, SECRET, mark + JSON.stringify(HS256)))
  })

  it.each([
    'null',
    'true',
    '1767225600',
    '"text"',
    '[]',
    '[{"key_id":"api_key_abc123"}]',
    '{',
    '{}{}',
    "{'key_id':1}",
    '{"key_id":"x",}',
    ' ',
  ])('is refused with the payload %s', async (text) => {
    await kit.expectInvalid(mint(text, SECRET))
  })

  it('is judged before anything is looked up', async () => {
    const { store, claims, expectInvalid } = jwtKit()
    const [, valid = ''] = split(mint(claims, SECRET))
    for (const header of [
      ...[
        { ...HS256, crit: ['x'] },
        { ...HS256, crit: ['b64'], b64: true },
        { ...HS256, crit: [] },
      ],
      ...[
        { ...HS256, jwk: {} },
        { ...HS256, x5c: [] },
        { ...HS256, typ: null },
        { ...HS256, kid: 5 },
        { alg: null },
      ],
    ]) {
      await expectInvalid(signParts(part(header), valid, SECRET))
    }
    expect(parseCompactJwt(mint('[]', SECRET))).toBeUndefined()
    expect(parseCompactJwt(mint('[]', SECRET, { ...HS256, kid: 'a' }))).toBeUndefined()
    expect(parseCompactJwt(mint('{}', SECRET, { ...HS256, kid: null }))).toBeUndefined()
    expect(parseCompactJwt(mint('{}', SECRET))).toMatchObject({ header: HS256, payload: {} })
    expect(store.lookups).toEqual([])
  })

  it.each(['null', '"HS256"', '["HS256"]', '5', '{"alg":"HS256"'])(
    'is refused with the header %s',
    async (text) => {
      await kit.expectInvalid(mint(kit.claims, SECRET, text))
    },
  )

  function ofLength(length: number): string {
    for (const pad of ['', 'x', 'xx']) {
      for (let fill = 5_900; fill < 6_100; fill++) {
        const token = mint({ ...kit.claims, fill: 'x'.repeat(fill) }, SECRET, { ...HS256, pad })
        if (token.length === length) return token
      }
    }
    throw new Error(`no token of ${length} bytes was found`)
  }

  function claimsOpen(): string {
    return `${JSON.stringify(kit.claims).slice(0, -1)},"x":"`
  }
})

const bytes = (text: string) => Buffer.from(text, 'utf8')
const INVALID = Buffer.from([0xff, 0xfe])

describe('a member that is named twice', () => {
  const kit = jwtKit()
  const { key_id, iat, exp } = kit.claims
  const open = `{"key_id":"${key_id}","iat":${iat},"exp":${exp}`

  it.each([
    ['once in each of several objects', `"a":{"x":1,"y":[{"x":1},{"x":2}]},"b":{"x":1},"x":"x"`],
    ['once, and be a value as often as it likes', `"a":["x","x","x",["x","x"]],"x":"x","b":"a"`],
    ['once, with quotes in it and in values', `"a\\"":"\\"","\\"a":"b\\\\","b":"\\\\\\"","c":{}`],
    ['once, beside a name that only looks alike', `"Exp":1,"exp ":1,"e\\u0301":1,"\\u00e9":1`],
    ['once, after empty lists and objects', `"a":{},"b":[],"c":[{},{}],"d":{"d":{"d":[]}}`],
  ])('may be named %s', async (_how, members) => {
    expect(await kit.codeOfText(`${open},${members}}`)).toBe('allowed')
  })

  it.each([
    ['exp', `${open},"exp":${exp}}`],
    ['exp, in an escaped spelling', `${open},"\\u0065xp":${exp}}`],
    ['exp, where the escaped one comes first', `{"\\u0065xp":1,${open.slice(1)}}`],
    ['key_id', `${open},"key_id":"${key_id}"}`],
    ['an unknown claim', `${open},"x":1,"x":1}`],
    ['an empty name', `${open},"":1,"":1}`],
    ['__proto__', `${open},"__proto__":1,"__proto__":1}`],
    ['a name with a quote in it', `${open},"a\\"b":1,"a\\"b":1}`],
    ['a name behind a backslash', `${open},"x":"\\\\","y":1,"y":2}`],
    ['a nested member', `${open},"a":{"x":1,"x":2}}`],
    ['a member in a list', `${open},"a":[1,{"x":1,"x":2}]}`],
    ['a member far down', `${open},"a":${'['.repeat(200)}{"x":1,"x":2}${']'.repeat(200)}}`],
    ['a member after a nested object', `${open},"a":{"exp":1},"exp":${exp}}`],
    ['a member after a list of texts', `${open},"a":["x","y"],"a":1}`],
    ['a member with white space around it', `${open} ,\n\t"exp" : ${exp} }`],
  ])('makes a token invalid in the payload: %s', async (_which, text) => {
    expect(() => JSON.parse(text)).not.toThrow()
    await kit.expectInvalid(mint(text, SECRET))
  })

  it.each([
    ['alg', '{"alg":"HS256","alg":"HS256"}'],
    ['alg, escaped', '{"alg":"HS256","\\u0061lg":"HS256"}'],
    ['alg, where the first is none', '{"alg":"none","alg":"HS256"}'],
    ['kid', `{"alg":"HS256","kid":"${key_id}","kid":"${key_id}"}`],
    ['a nested member', '{"alg":"HS256","x":{"y":1,"y":1}}'],
  ])('makes a token invalid in the header: %s', async (_which, text) => {
    await kit.expectInvalid(mint(kit.claims, SECRET, text))
  })
})
