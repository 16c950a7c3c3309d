import { describe, expect, it } from 'vitest'
import { refusalOf } from '../support/decisions.js'
import { KEY_ID, SECRET } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { HS256, mint } from '../support/tokens.js'
import { jwtKit } from './jwt-kit.js'

describe('the times of a JWT', () => {
  const kit = jwtKit()
  const { now } = kit

  it.each(['exp', 'iat', 'nbf'])('are whole numbers of seconds: %s may be nothing else', async (name) => {
    const { [name]: _, ...others } = { ...kit.claims, nbf: now } as Record<string, unknown>
    const start = JSON.stringify(others).slice(0, -1)
    const spellings = [
      ...['1e400', '-1e400', '1e309', '-1', '-1767225600', '0.5', `${now}.5`, '9007199254740992', '1e20'],
      ...[`"${now}"`, '""', '"NaN"', '"Infinity"', 'null', 'true', '[]', `[${now}]`, '{}'],
    ]
    expect(await kit.codeOfText(`${start},"${name}":${now + (name === 'exp' ? 60 : 0)}}`)).toBe('allowed')
    for (const spelling of spellings) await kit.expectInvalid(mint(`${start},"${name}":${spelling}}`, SECRET))
    for (const noJson of ['NaN', 'Infinity', '01767225600', '0x10', '.5', '1_000']) {
      await kit.expectInvalid(mint(`${start},"${name}":${noJson}}`, SECRET))
    }
  })

  it('may be spelt with an exponent or a zero fraction where the number is whole', async () => {
    expect(await kit.codeOfText(`{"key_id":"${KEY_ID}","iat":${now}.0,"exp":${now / 10 + 6}e1}`)).toBe(
      'allowed',
    )
  })

  it.each(['exp', 'iat'])('must hold %s', async (name) => {
    await kit.expectInvalid(mint({ ...kit.claims, [name]: undefined }, SECRET))
  })

  it('need no nbf', async () => {
    expect(await kit.codeWith({ nbf: undefined })).toBe('allowed')
  })

  it.each([
    ['an hour', 3600, 'allowed'],
    ['a second', 1, 'allowed'],
    ['a second more than an hour', 3601, 'credential_lifetime'],
    ['a day', 86_400, 'credential_lifetime'],
    ['a hundred years', 3_155_760_000, 'credential_lifetime'],
    ['no time at all', 0, 'credential_lifetime'],
    ['less than no time', -1, 'credential_lifetime'],
  ])('may span %s: %d s is answered with %s', async (_span, seconds, code) => {
    expect(await kit.codeWith({ exp: now + seconds })).toBe(code)
  })

  it('in milliseconds are a lifetime that is not accepted', async () => {
    expect(await kit.codeWith({ iat: now * 1000, exp: (now + 3600) * 1000 })).toBe('credential_lifetime')
    expect(await kit.codeWith({ exp: (now + 3600) * 1000 })).toBe('credential_lifetime')
  })

  it('span at most what the host says', async () => {
    const strict = jwtKit({ maxLifetimeSeconds: 60 })
    expect(await strict.codeWith({ exp: strict.now + 60 })).toBe('allowed')
    expect(await strict.codeWith({ exp: strict.now + 61 })).toBe('credential_lifetime')
  })
})

describe('a JWT whose time is over', () => {
  it('is honoured until 30 s after exp and refused at that very second', async () => {
    const kit = jwtKit()
    const token = mint({ ...kit.claims, exp: kit.now + 60 }, SECRET)
    const at = async (ms: number) => {
      kit.clock.stepWall(kit.now * 1000 + ms - kit.clock.wallMs())
      return kit.code(token)
    }
    expect(await at(59_999)).toBe('allowed')
    expect(await at(60_000)).toBe('allowed')
    expect(await at(89_999)).toBe('allowed')
    expect(await at(90_000)).toBe('credential_expired')
    expect(await at(90_001)).toBe('credential_expired')
    expect(await at(10_000_000)).toBe('credential_expired')
  })

  it('is refused at exp itself where the host tolerates nothing', async () => {
    const kit = jwtKit({ clockToleranceSeconds: 0 })
    const token = mint({ ...kit.claims, exp: kit.now + 60 }, SECRET)
    kit.clock.advance(59_999)
    expect(await kit.code(token)).toBe('allowed')
    kit.clock.advance(1)
    expect(await kit.code(token)).toBe('credential_expired')
  })

  it('is judged by the wall clock, as the caller made it by a wall clock', async () => {
    const kit = jwtKit()
    const token = mint(kit.claims, SECRET)
    kit.clock.stepWall(3_700_000)
    expect(await kit.code(token)).toBe('credential_expired')
  })
})

describe('a JWT whose time has not come', () => {
  it.each([
    ['iat', 30, 'allowed'],
    ['iat', 31, 'credential_not_yet_valid'],
    ['iat', 9_720, 'credential_not_yet_valid'],
    ['nbf', 30, 'allowed'],
    ['nbf', 31, 'credential_not_yet_valid'],
    ['nbf', 3_000, 'credential_not_yet_valid'],
  ])('with %s %d s ahead is answered with %s', async (name, ahead, code) => {
    const kit = jwtKit()
    const iat = name === 'iat' ? kit.now + ahead : kit.now
    expect(await kit.codeWith({ iat, exp: iat + 3600, [name]: kit.now + ahead })).toBe(code)
  })

  it('is honoured once it has', async () => {
    const kit = jwtKit({ clockToleranceSeconds: 0 })
    const token = mint({ ...kit.claims, nbf: kit.now + 10 }, SECRET)
    kit.clock.advance(9_999)
    expect(await kit.code(token)).toBe('credential_not_yet_valid')
    kit.clock.advance(1)
    expect(await kit.code(token)).toBe('allowed')
  })
})

describe('what is wrong with the times', () => {
  it.each([
    ['expired', (now: number) => ({ iat: now - 4_000, exp: now - 400 })],
    ['not yet valid', (now: number) => ({ iat: now + 400, exp: now + 4_000 })],
    ['too long', (now: number) => ({ iat: now, exp: now + 40_000 })],
  ])('is told only of a token that was signed: %s', async (_state, timesAt) => {
    const kit = jwtKit()
    const payload = { ...kit.claims, ...timesAt(kit.now) }
    expect(await kit.code(mint(payload, SECRET))).toMatch(/^credential_(?:expired|not_yet_valid|lifetime)$/)
    await kit.expectInvalid(mint(payload, `${SECRET}x`))
    await kit.expectInvalid(mint({ ...payload, key_id: 'api_key_nobody' }, SECRET))
    await kit.expectInvalid(mint({ ...payload, aud: 'elsewhere' }, SECRET))
    await kit.expectInvalid(mint(payload, SECRET, { ...HS256, b64: true }))
  })
})

describe('the aud of a JWT', () => {
  it.each([['elsewhere'], [''], [[]], [['elsewhere']], [null], [5], [{}], [true]])(
    'is refused where the host names no audience: %j',
    async (aud) => {
      const kit = jwtKit()
      await kit.expectInvalid(mint({ ...kit.claims, aud }, SECRET))
    },
  )

  it.each([
    ['absent', undefined],
    ['the audience', 'https://shop.example'],
    ['a list with the audience', ['https://other.example', 'https://shop.example']],
  ])('is admitted where it is %s', async (_what, aud) => {
    expect(await jwtKit({ audience: 'https://shop.example' }).codeWith({ aud })).toBe('allowed')
  })

  it.each([
    ['another', 'https://other.example'],
    ['another case', 'HTTPS://shop.example'],
    ['a prefix', 'https://shop.example/'],
    ['an empty list', []],
    ['a list without it', ['https://other.example']],
    ['a list with it and a number', ['https://shop.example', 5]],
    ['a nested list', [['https://shop.example']]],
    ['null', null],
    ['an object', { 'https://shop.example': true }],
  ])('is refused where it is %s', async (_what, aud) => {
    const kit = jwtKit({ audience: 'https://shop.example' })
    await kit.expectInvalid(mint({ ...kit.claims, aud }, SECRET))
  })

  it('may be any of several that the host names', async () => {
    const kit = jwtKit({ audience: ['https://a.example', 'https://b.example'] })
    expect(await kit.codeWith({ aud: 'https://b.example' })).toBe('allowed')
    expect(await kit.codeWith({ aud: 'https://c.example' })).toBe('credential_invalid')
  })
})

describe('claims the gate does not know', () => {
  it('give a caller nothing', async () => {
    const kit = jwtKit()
    const token = mint(
      { ...kit.claims, role: 'processor', scopes: ['admin'], wallets: ['x'], sub: 'root' },
      SECRET,
    )
    const decision = await kit.gate(requestWith([bearer(token)]))
    expect(decision).toMatchObject({
      type: 'allow',
      access: { principal: { accountId: 'robots-inc', role: null, scopes: [], wallets: [] }, wallet: null },
    })
    const processors = kit.gate.with({ role: 'processor' })
    expect((await refusalOf(processors, requestWith([bearer(token)]))).code).toBe('role_mismatch')
  })
})
