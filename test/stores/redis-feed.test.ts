import { startRedis } from '@sallyport/servers'
import { expect, it } from 'vitest'
import { manualClock } from '../support/clock.js'
import { describeWithServer, redisUrl } from '../support/servers.js'
import { DAY_MS, drivers, nodeRedisDriver, openStore, pastClock, until, withConnection } from './redis-kit.js'

const HOUR_MS = 3_600_000

describeWithServer('the changes in a Redis store', 'redis', () => {
  it.each(drivers)(
    'are told anew where all data was lost, however much was changed since: $name',
    async (driver) => {
      const server = await startRedis()
      try {
        await withConnection(driver, server.url, async ({ client, call }) => {
          const { calls, make } = openStore(client)
          for (const id of ['a', 'b', 'c']) await calls.revoke(make.revocation('session', id))
          const { cursor } = await calls.changes(null)
          await call('FLUSHALL')
          const empty = await calls.changes(cursor)
          expect(empty).toMatchObject({ changes: [], hasMore: false })
          for (const id of ['d', 'e', 'f', 'g']) await calls.revoke(make.revocation('session', id))
          for (const before of [cursor, empty.cursor]) {
            const { changes } = await calls.changes(before)
            expect(changes.map(({ id }) => id)).toEqual(['d', 'e', 'f', 'g'])
          }
        })
      } finally {
        await server.close()
      }
    },
  )

  it('are told anew where the newest data was lost, and none that is made later is missed', async () => {
    const server = await startRedis({ appendOnly: false })
    try {
      await withConnection(nodeRedisDriver, server.url, async ({ client, call }) => {
        const { calls, make } = openStore(client)
        for (const id of ['a', 'b']) await calls.revoke(make.revocation('session', id))
        await call('SAVE')
        for (const id of ['c', 'd', 'e']) await calls.revoke(make.revocation('session', id))
        const { cursor } = await calls.changes(null)
        await server.kill()
        await server.start()
        await until('the client is connected again', () =>
          calls.read('none').then(
            () => true,
            () => false,
          ),
        )
        const idsAt = async (at: string | null) => (await calls.changes(at)).changes.map(({ id }) => id)
        expect(await idsAt(cursor)).toEqual(['a', 'b'])
        const behind = (await calls.changes(cursor)).cursor
        expect(await idsAt(behind)).toEqual([])
        for (const id of ['f', 'g', 'h', 'i']) await calls.revoke(make.revocation('session', id))
        expect(await idsAt(behind)).toEqual(['f', 'g', 'h', 'i'])
        // Whoever did not ask meanwhile: as many were lost as were made since.
        expect(await idsAt(cursor)).toEqual(['f', 'g', 'h', 'i'])
      })
    } finally {
      await server.close()
    }
  })

  it('are told from the beginning for a cursor that is none', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const { calls, make } = openStore(client)
      await calls.revoke(make.revocation('session', 'a'))
      const { cursor } = await calls.changes(null)
      const [epoch = '', seq = ''] = cursor.split(':')
      for (const odd of [
        '',
        ':',
        '0',
        '5',
        'a:b',
        `${epoch}:x`,
        `other:${seq}`,
        `${epoch}:9999999999999999`,
        '\0',
      ]) {
        expect((await calls.changes(odd)).changes).toHaveLength(1)
      }
      expect((await calls.changes(cursor)).changes).toHaveLength(0)
    }))

  it('say of one thing that it was told of later than before, and for as long as anything said', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const clock = pastClock()
      const { calls, make } = openStore(client, { clock })
      const nowMs = clock.wallMs()
      const { cursor } = await calls.changes(null)
      await calls.revoke(make.revocation('account', 'a', { atMs: nowMs, untilMs: nowMs + 9 }))
      await calls.revoke(make.revocation('account', 'b', { atMs: nowMs, untilMs: nowMs + 9 }))
      const middle = (await calls.changes(null)).cursor
      await calls.revoke(make.revocation('account', 'a', { atMs: nowMs - 5, untilMs: nowMs + 99 }))
      const expected = { kind: 'account', id: 'a', atMs: nowMs + 1, untilMs: nowMs + 99 }
      expect((await calls.changes(middle)).changes).toEqual([expected])
      expect((await calls.changes(cursor)).changes).toEqual([
        { kind: 'account', id: 'b', atMs: nowMs, untilMs: nowMs + 9 },
        expected,
      ])
    }))

  it('come in pages of a thousand, none twice and none left out', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const { calls, make } = openStore(client)
      const ids = Array.from({ length: 2_500 }, (_, at) => `session-${at}`)
      await Promise.all(ids.map((id) => calls.revoke(make.revocation('session', id))))
      const sizes: number[] = []
      const seen: string[] = []
      for (let cursor: string | null = null, hasMore = true; hasMore; ) {
        const page = await calls.changes(cursor)
        sizes.push(page.changes.length)
        seen.push(...page.changes.map(({ id }) => id))
        cursor = page.cursor
        hasMore = page.hasMore
      }
      expect(sizes).toEqual([1_000, 1_000, 500])
      expect(seen).toEqual(ids)
    }))

  it('are forgotten an hour after they could end anything, a few with each that is made', () =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const clock = pastClock()
      const { calls, make, prefix } = openStore(connection.client, { clock })
      const made = Array.from({ length: 150 }, (_, at) => `short-${at}`)
      await Promise.all(
        made.map((id) => calls.revoke(make.revocation('session', id, { untilMs: clock.wallMs() }))),
      )
      await calls.revoke(make.revocation('session', 'long', { untilMs: clock.wallMs() + DAY_MS }))
      const { cursor } = await calls.changes(null)
      const kept = async () => (await calls.changesFrom(null)).changes.length
      clock.advance(HOUR_MS)
      await calls.revoke(make.revocation('session', 'first'))
      expect(await kept()).toBe(152)
      clock.advance(1)
      await calls.revoke(make.revocation('session', 'second'))
      expect(await kept()).toBe(53)
      await calls.revoke(make.revocation('session', 'third'))
      const left = (await calls.changesFrom(null)).changes.map(({ id }) => id)
      expect(left).toEqual(['long', 'first', 'second', 'third'])
      expect((await calls.changes(cursor)).changes.map(({ id }) => id)).toEqual(['first', 'second', 'third'])
      for (const key of ['change', 'changes', 'change-ends']) {
        const count = key === 'change' ? 'HLEN' : 'ZCARD'
        expect(await connection.call(count, `{${prefix}}:${key}`)).toBe(4)
      }
    }))

  it('are not forgotten by an instance whose clock is ahead', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const prefix = openStore(client).prefix
      const right = openStore(client, { prefix, clock: manualClock(Date.now()) })
      const ahead = openStore(client, { prefix, clock: manualClock(Date.now() + 400 * DAY_MS) })
      await right.calls.revoke(right.make.revocation('session', 'a'))
      await ahead.calls.revoke(ahead.make.revocation('session', 'b'))
      expect((await right.calls.changes(null)).changes.map(({ id }) => id)).toEqual(['a', 'b'])
    }))

  it('are told of new and of changed credentials too', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const clock = pastClock()
      const { calls, make } = openStore(client, { clock })
      const entry = make.key()
      await calls.add(entry)
      const atMs = clock.wallMs()
      const change = { kind: 'credential', id: entry.id, atMs, untilMs: atMs + HOUR_MS }
      const { changes, cursor } = await calls.changes(null)
      expect(changes).toEqual([change])
      clock.advance(5)
      await calls.change({ ...entry, version: 2 })
      expect((await calls.changes(cursor)).changes).toEqual([
        { ...change, atMs: atMs + 5, untilMs: atMs + 5 + HOUR_MS },
      ])
    }))
})
