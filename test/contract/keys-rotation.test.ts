import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, digestOf, harnesses, JSON_TYPE, type KeySite, openSite } from './keys-kit.js'

const DAY_MS = 86_400_000

describe.each(harnesses)('the rotation of a key on $name', (harness) => {
  let site: KeySite
  let caller: Caller
  beforeAll(async () => {
    site = await openSite(harness)
    caller = await site.signIn()
  })
  afterAll(() => site.app.close())

  const isoIn = (ms: number) => new Date(site.clock.wallMs() + ms).toISOString()
  const listed = async (id: string) =>
    (await site.list(caller, '?include_inactive=true&include_revoked=true')).find(
      ({ key_id }) => key_id === id,
    )
  const uses = async (...keys: string[]) => {
    const codes: unknown[] = []
    for (const key of keys) codes.push(await site.use(key, caller.wallet))
    return codes
  }

  test('answers the new key once, under the same id, with all that has become of it', async () => {
    const { id, key } = await site.create(caller, { expires_at: '2026-06-30T12:00:00Z' })
    const before = await listed(id)
    const created_at = isoIn(0)
    site.clock.advance(1_000)
    const target = `/v1/keys/${id}/rotate`
    const answer = await site.ask('POST', target, caller.headers, { overlap_seconds: 60 })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { key: next, ...shown } = answer.json()
    expect(next).toMatch(/^acto_[\w-]{43}$/)
    expect(next).not.toBe(key)
    expect(shown).toEqual({
      key_id: id,
      name: 'prod',
      prefix: 'acto',
      last_four: String(next).slice(-4),
      scopes: [],
      environment: null,
      created_at,
      created_by: caller.accountId,
      user_id: caller.accountId,
      is_active: true,
      status: 'active',
      expires_at: '2026-06-30T12:00:00.000Z',
      rotated_at: isoIn(0),
      overlap_ends_at: isoIn(60_000),
      revoked_at: null,
    })
    expect(await listed(id)).toEqual({ ...before, ...shown })
  })

  test('lets the old key count beside the new one until the overlap ends by itself', async () => {
    const { id, key } = await site.create(caller)
    const next = await site.rotate(caller, id, { overlap_seconds: 60 })
    expect(next.id).toBe(id)
    expect(await uses(key, next.key)).toEqual(['allowed', 'allowed'])
    site.clock.advance(59_999)
    expect(await uses(key, next.key)).toEqual(['allowed', 'allowed'])
    site.clock.advance(1)
    expect(await uses(key, next.key)).toEqual(['credential_expired', 'allowed'])
    site.clock.advance(30 * DAY_MS)
    caller = await site.signIn(caller.wallet)
    expect(await uses(key, next.key)).toEqual(['credential_expired', 'allowed'])
  })

  test.each([
    ['no body', [], undefined],
    ['no body that is announced as JSON', [JSON_TYPE], undefined],
    ['a JSON body of length 0', [JSON_TYPE], ''],
    ['an empty object', [], {}],
  ] as const)('has an overlap of a day where %s names none', async (_what, typed, body) => {
    const { id, key } = await site.create(caller)
    const target = `/v1/keys/${id}/rotate`
    const answer = await site.ask('POST', target, [...typed, ...caller.headers], body)
    expect(answer.json()).toMatchObject({ key_id: id, overlap_ends_at: isoIn(DAY_MS) })
    expect(await uses(key, String(answer.json().key))).toEqual(['allowed', 'allowed'])
  })

  test('ends the old key at once where no overlap is wanted', async () => {
    const { id, key } = await site.create(caller)
    expect(await uses(key)).toEqual(['allowed'])
    const next = await site.rotate(caller, id, { overlap_seconds: 0 })
    expect(await uses(key, next.key)).toEqual(['credential_invalid', 'allowed'])
    expect(await listed(id)).toMatchObject({ overlap_ends_at: null, last_four: next.key.slice(-4) })
  })

  test('has an overlap of 30 days at most', async () => {
    const { id } = await site.create(caller)
    await site.rotate(caller, id, { overlap_seconds: 2_592_000 })
    expect(await listed(id)).toMatchObject({ overlap_ends_at: isoIn(30 * DAY_MS) })
    const target = `/v1/keys/${id}/rotate`
    const answer = await site.ask('POST', target, caller.headers, { overlap_seconds: 2_592_001 })
    expect(answer.json()).toMatchObject({ status: 400, code: 'body_invalid' })
  })

  test('leaves two keys at most: the one before the last ends at once', async () => {
    const { id, key } = await site.create(caller)
    const second = await site.rotate(caller, id)
    const third = await site.rotate(caller, id)
    expect(await uses(key, second.key, third.key)).toEqual(['credential_invalid', 'allowed', 'allowed'])
    const last = await site.rotate(caller, id, { overlap_seconds: 0 })
    expect(await uses(key, second.key, third.key, last.key)).toEqual([
      'credential_invalid',
      'credential_invalid',
      'credential_invalid',
      'allowed',
    ])
  })

  test('is of one key: what disables or revokes it holds for the old and the new', async () => {
    const { id, key } = await site.create(caller)
    const next = await site.rotate(caller, id)
    await site.ask('POST', `/v1/keys/${id}/toggle`, caller.headers)
    expect(await uses(key, next.key)).toEqual(['credential_invalid', 'credential_invalid'])
    await site.ask('POST', `/v1/keys/${id}/toggle`, caller.headers)
    expect(await uses(key, next.key)).toEqual(['allowed', 'allowed'])
    await site.ask('DELETE', `/v1/keys/${id}`, caller.headers)
    expect(await uses(key, next.key)).toEqual(['credential_invalid', 'credential_invalid'])
  })

  test('of a disabled key does not enable it', async () => {
    const { id, key } = await site.create(caller)
    await site.ask('POST', `/v1/keys/${id}/toggle`, caller.headers, { is_active: false })
    const next = await site.rotate(caller, id)
    expect(await listed(id)).toMatchObject({ is_active: false, status: 'disabled' })
    expect(await uses(key, next.key)).toEqual(['credential_invalid', 'credential_invalid'])
  })

  test('does not let a key outlive its own end', async () => {
    const { id, key } = await site.create(caller, { expires_at: isoIn(30_000) })
    const next = await site.rotate(caller, id, { overlap_seconds: 60 })
    site.clock.advance(29_999)
    expect(await uses(key, next.key)).toEqual(['allowed', 'allowed'])
    site.clock.advance(1)
    expect(await uses(key, next.key)).toEqual(['credential_expired', 'credential_expired'])
  })

  test('by many at once leaves one new key or two, and no other works', async () => {
    const { id, key } = await site.create(caller)
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => site.ask('POST', `/v1/keys/${id}/rotate`, caller.headers)),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    const keys = answers.map((answer) => String(answer.json().key))
    expect(new Set(keys).size).toBe(5)
    const working = (await uses(...keys)).filter((code) => code === 'allowed')
    expect(working).toHaveLength(2)
    expect(await uses(key)).toEqual(['credential_invalid'])
    const { last_four } = (await listed(id)) ?? {}
    expect(keys.map((shown) => shown.slice(-4))).toContain(last_four)
    expect(JSON.stringify(await listed(id))).not.toContain(digestOf(key))
  })
})
