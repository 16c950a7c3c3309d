import { describe, expect, onTestFinished, test } from 'vitest'
import { bearer, walletHeader } from '../support/requests.js'
import { createWallet } from '../support/wallet.js'
import { harnesses, openSite, type ServiceOptions } from './keys-kit.js'

const HOUR_MS = 3_600_000

describe.each(harnesses)('the keys of an account on $name', (harness) => {
  async function setUp(options?: ServiceOptions) {
    const site = await openSite(harness, options)
    onTestFinished(() => site.app.close())
    const caller = await site.signIn()
    const page = async (query: string) => (await site.ask('GET', `/v1/keys${query}`, caller.headers)).json()
    const statsOf = async (id: string, query = '') =>
      (await site.ask('GET', `/v1/keys/${id}/stats${query}`, caller.headers)).json()
    return { ...site, caller, page, statsOf }
  }
  const idsOf = ({ keys }: Record<string, unknown>) =>
    (keys as Record<string, unknown>[]).map(({ key_id }) => key_id)

  test('are none at first', async () => {
    const { caller, ask } = await setUp()
    const answer = await ask('GET', '/v1/keys', caller.headers)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.json()).toEqual({ keys: [], next_cursor: null })
  })

  test('are told with what they were used for', async () => {
    const { create, caller, use, clock, list } = await setUp()
    const { id, key } = await create(caller, { name: 'robot' })
    expect(await list(caller)).toEqual([
      {
        key_id: id,
        name: 'robot',
        prefix: 'acto',
        last_four: key.slice(-4),
        scopes: [],
        environment: null,
        created_at: '2026-01-01T00:00:00.000Z',
        created_by: caller.accountId,
        user_id: caller.accountId,
        is_active: true,
        status: 'active',
        expires_at: null,
        rotated_at: null,
        overlap_ends_at: null,
        revoked_at: null,
        request_count: 0,
        endpoint_usage: {},
        last_used_at: null,
      },
    ])
    clock.advance(7_000)
    await use(key, caller.wallet)
    const [item] = await list(caller)
    expect(item).toMatchObject({ request_count: 1, last_used_at: '2026-01-01T00:00:07.000Z' })
  })

  test('are shown without the disabled and the revoked unless these are asked for', async () => {
    const { create, caller, ask, page, clock } = await setUp()
    const ids: string[] = []
    for (let made = 0; made < 3; made++) {
      ids.push((await create(caller)).id)
      clock.advance(1)
    }
    const [active, disabled, revoked] = ids
    await ask('POST', `/v1/keys/${disabled}/toggle`, caller.headers)
    await ask('DELETE', `/v1/keys/${revoked}`, caller.headers)
    const shown = async (query: string) => idsOf(await page(query))
    for (const no of ['', '?include_inactive=false', '?include_inactive=0&include_revoked=0']) {
      expect(await shown(no)).toEqual([active])
    }
    expect(await shown('?include_inactive=true')).toEqual([active, disabled])
    expect(await shown('?include_inactive=1')).toEqual([active, disabled])
    expect(await shown('?include_revoked=true')).toEqual([active, revoked])
    expect(await shown('?include_revoked=1&include_inactive=true')).toEqual(ids)
  })

  test('are told page by page, the oldest first, each once', async () => {
    const { create, caller, page, clock } = await setUp()
    const ids: string[] = []
    for (let made = 0; made < 7; made++) {
      ids.push((await create(caller)).id)
      // Two of them in the same millisecond: their order is their own, but it does not change.
      clock.advance(made === 3 ? 0 : 1)
    }
    const seen: unknown[] = []
    let query = '?limit=3'
    const lengths: number[] = []
    for (let pages = 0; pages < 5; pages++) {
      const answer = await page(query)
      const found = idsOf(answer)
      seen.push(...found)
      lengths.push(found.length)
      if (answer.next_cursor === null) break
      query = `?limit=3&cursor=${encodeURIComponent(String(answer.next_cursor))}`
    }
    expect(lengths).toEqual([3, 3, 1])
    expect(new Set(seen)).toEqual(new Set(ids))
    expect(seen.slice(0, 3)).toEqual(ids.slice(0, 3))
    expect(seen).toEqual(idsOf(await page('')))
    expect((await page('?limit=7')).next_cursor).toBeNull()
    expect((await page('?limit=100')).next_cursor).toBeNull()
  })

  test('are paged through though the disabled ones are left out, and one page is empty', async () => {
    const { create, caller, ask, page, clock } = await setUp()
    const ids: string[] = []
    for (let made = 0; made < 4; made++) {
      ids.push((await create(caller)).id)
      clock.advance(1)
    }
    for (const id of ids.slice(0, 2)) await ask('POST', `/v1/keys/${id}/toggle`, caller.headers)
    const first = await page('?limit=2')
    expect(idsOf(first)).toEqual([])
    const second = await page(`?limit=2&cursor=${encodeURIComponent(String(first.next_cursor))}`)
    expect(idsOf(second)).toEqual(ids.slice(2))
    expect(second.next_cursor).toBeNull()
  })

  test('are keys: a pair of the same account is the host’s, and not among them', async () => {
    const { create, caller, store, list, ask } = await setUp()
    const { id } = await create(caller)
    const pair = await store.issueSharedSecret({ accountId: caller.accountId })
    expect((await list(caller)).map(({ key_id }) => key_id)).toEqual([id])
    for (const [method, path] of [
      ['DELETE', ''],
      ['POST', '/toggle'],
      ['POST', '/rotate'],
      ['GET', '/stats'],
    ] as const) {
      const target = `/v1/keys/${pair.credentialId}${path}`
      expect((await ask(method, target, caller.headers)).json().code).toBe('not_found')
    }
    expect(await store.describeCredential(pair.credentialId)).toMatchObject({ status: 'active' })
  })

  test('have statistics: by route, by hour, with what was refused and how much of it', async () => {
    const { create, caller, use, ask, statsOf, clock } = await setUp()
    const { id, key } = await create(caller)
    expect(await statsOf(id)).toEqual({
      key_id: id,
      request_count: 0,
      endpoint_usage: {},
      last_used_at: null,
      refusal_count: 0,
      refusals: {},
      error_rate: 0,
      hours: [],
    })
    clock.advance(60_000)
    for (let used = 0; used < 3; used++) await use(key, caller.wallet)
    clock.advance(2 * HOUR_MS)
    expect(await use(key, createWallet())).toBe('wallet_mismatch')
    // A key that is shown to the key routes is refused there too, and that is counted.
    const credentials = [bearer(key), walletHeader(caller.wallet.address)]
    expect((await ask('GET', '/v1/keys', credentials)).json().code).toBe('method_mismatch')
    const stats = await statsOf(id)
    expect(stats).toMatchObject({
      key_id: id,
      request_count: 5,
      last_used_at: '2026-01-01T02:01:00.000Z',
      refusal_count: 2,
      refusals: { wallet_mismatch: 1, method_mismatch: 1 },
      error_rate: 0.4,
    })
    expect(stats.endpoint_usage).toMatchObject({ 'GET /v1/keys': 1 })
    expect(stats.hours).toMatchObject([
      { hour: '2026-01-01T02:00:00.000Z', request_count: 2, refusal_count: 2, error_rate: 1 },
      { hour: '2026-01-01T00:00:00.000Z', request_count: 3, refusal_count: 0, error_rate: 0 },
    ])
  })

  test('have statistics of the hours that are asked for, and of all time beside them', async () => {
    const { create, caller, use, statsOf, clock } = await setUp()
    const { id, key } = await create(caller)
    for (let hour = 0; hour < 4; hour++) {
      await use(key, caller.wallet)
      clock.advance(HOUR_MS)
    }
    const hoursOf = async (query: string) => {
      const { hours, request_count } = await statsOf(id, query)
      expect(request_count).toBe(4)
      return (hours as { hour: string }[]).map(({ hour }) => hour.slice(11, 13))
    }
    expect(await hoursOf('')).toEqual(['03', '02', '01', '00'])
    expect(await hoursOf('?hours=0')).toEqual([])
    // The hour that runs is the first of them.
    expect(await hoursOf('?hours=1')).toEqual([])
    expect(await hoursOf('?hours=3')).toEqual(['03', '02'])
    expect(await hoursOf('?hours=744')).toEqual(['03', '02', '01', '00'])
  })

  test('have statistics that outlive a rotation and a revocation', async () => {
    const { create, rotate, caller, use, ask, statsOf } = await setUp()
    const { id, key } = await create(caller)
    await use(key, caller.wallet)
    const next = await rotate(caller, id)
    await use(key, caller.wallet)
    await use(next.key, caller.wallet)
    await ask('DELETE', `/v1/keys/${id}`, caller.headers)
    await use(next.key, caller.wallet)
    expect(await statsOf(id)).toMatchObject({ request_count: 3, refusal_count: 0 })
  })

  test('have no statistics where nothing is counted, and are there all the same', async () => {
    const { create, caller, use, list, statsOf } = await setUp({ usage: false })
    const { id, key } = await create(caller)
    expect(await use(key, caller.wallet)).toBe('allowed')
    expect(await list(caller)).toMatchObject([{ key_id: id, request_count: 0, last_used_at: null }])
    expect(await statsOf(id)).toMatchObject({ request_count: 0, hours: [] })
  })
})
