import { expect, it } from 'vitest'
import type { RedisClient } from '../../src/stores/redis.js'
import { byDigest, lookupOf, next, ODD_TEXTS, rotated } from '../../src/testing/store-contract-entries.js'
import { describeWithServer, redisUrl } from '../support/servers.js'
import {
  DAY_MS,
  drivers,
  nodeRedisDriver,
  openStore,
  pastClock,
  snapshotOf,
  withConnection,
} from './redis-kit.js'

describeWithServer('every verb of a Redis store', 'redis', () => {
  it.each(drivers)(
    'adds as many as an account may have, of 200 at once by several instances: $name',
    (driver) =>
      withConnection(driver, redisUrl, (first) =>
        withConnection(nodeRedisDriver, redisUrl, async (second) => {
          const one = openStore(first.client)
          const two = openStore(second.client, { prefix: one.prefix })
          const entries = Array.from({ length: 200 }, () => one.make.key())
          const answers = await Promise.all(
            entries.map((entry, at) => (at % 2 === 0 ? one : two).calls.add(entry, 7)),
          )
          expect(answers.filter((answer) => answer === 'added')).toHaveLength(7)
          expect(answers.filter((answer) => answer === 'full')).toHaveLength(193)
          const added = entries.filter((_, at) => answers[at] === 'added')
          expect((await two.calls.listAll()).map(({ id }) => id)).toEqual(added.map(({ id }) => id))
          await two.calls.revoke(two.make.revocation('credential', added[0]?.id ?? ''))
          expect(await one.calls.add(one.make.key(), 7)).toBe('added')
          expect(await one.calls.add(one.make.key(), 7)).toBe('full')
        }),
      ),
  )

  it('writes nothing at all where it cannot do it whole', () =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const { calls, make, prefix } = openStore(connection.client)
      const [mine, theirs] = [make.key({ wallets: ['w'] }), make.key()]
      await calls.add(mine)
      await calls.add(theirs)
      const before = await snapshotOf(connection, `{${prefix}}:`)
      const older = { digest: theirs.digest, untilMs: Date.now() }
      expect(await calls.add(make.key({ older }))).toBe('duplicate')
      expect(await calls.add(make.key({ digest: mine.digest }))).toBe('duplicate')
      expect(await calls.add(make.key({ id: mine.id }))).toBe('duplicate')
      expect(await calls.add(make.key(), 2)).toBe('full')
      expect(await calls.change(next(mine, { digest: theirs.digest }))).toBe(false)
      expect(await calls.change(next(mine, { digest: make.digest(), older }))).toBe(false)
      expect(await calls.change(next(next(mine)))).toBe(false)
      expect(await calls.change(make.key())).toBe(false)
      expect(await calls.revoke(make.revocation('credential', 'unknown'))).toBe(false)
      const count = { credentialId: 'c', hourMs: 0, route: 'r', outcome: 'o', count: 1, lastUsedAtMs: 0 }
      for (const odd of [
        { count: 1.5 },
        { count: Number.NaN },
        { hourMs: 0.5 },
        { lastUsedAtMs: Number.NaN },
      ]) {
        const batch = { id: 'b', counts: [count, { ...count, ...odd }], forgetHoursBeforeMs: 0 }
        await expect(calls.addUsage(batch)).rejects.toThrow(TypeError)
      }
      await expect(calls.revoke(make.revocation('all', '', { untilMs: Number.NaN }))).rejects.toThrow(
        TypeError,
      )
      await expect(calls.claim('a', Number.NaN)).rejects.toThrow(TypeError)
      expect(await snapshotOf(connection, `{${prefix}}:`)).toEqual(before)
    }))

  it('leaves nothing behind in the indexes, whatever becomes of an entry', () =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const { calls, make, prefix } = openStore(connection.client)
      const entry = make.key({ wallets: ['a', 'b'], accountId: 'one' })
      await calls.add(entry)
      const digest = make.digest()
      const moved = { ...rotated(entry, digest, Date.now()), wallets: ['b', 'c'], accountId: 'two' }
      expect(await calls.change(moved)).toBe(true)
      const settled = next(moved, { older: null, createdAtMs: entry.createdAtMs + 5 })
      expect(await calls.change(settled)).toBe(true)
      expect(await calls.find(byDigest(entry.digest))).toBeUndefined()
      for (const which of [{}, { revoked: true }]) {
        expect(await calls.listAll({ ...which, accountId: 'one' })).toEqual([])
        expect(await calls.listAll({ ...which, accountId: 'two' })).toEqual([settled])
        expect(await calls.listAll(which)).toEqual([settled])
      }
      const names = async () =>
        Object.keys(await snapshotOf(connection, `{${prefix}}:`)).map((key) => key.slice(prefix.length + 3))
      expect(await names()).toEqual(
        expect.arrayContaining(['wallet:b', 'wallet:c', 'account:two', 'live-account:two']),
      )
      expect(await names()).not.toEqual(expect.arrayContaining(['wallet:a']))
      await calls.revoke(make.revocation('wallet', 'a'))
      expect(await calls.read(entry.id)).toMatchObject({ status: 'active' })
      await calls.revoke(make.revocation('wallet', 'c'))
      expect(await calls.read(entry.id)).toMatchObject({ status: 'revoked', version: 4 })
      expect((await names()).filter((name) => /^(?:live|wallet)/.test(name))).toEqual([])
      expect(await connection.call('HLEN', `{${prefix}}:lookup`)).toBe(1)
    }))

  it.each(drivers)('is answered as it was where its client sends it twice: $name', (driver) =>
    withConnection(driver, redisUrl, async ({ client }) => {
      const { calls, make } = openStore(twice(client))
      const entry = make.pair()
      expect(await calls.add(entry, 1)).toBe('added')
      expect(await calls.add(entry, 1)).toBe('duplicate')
      expect(await calls.change(next(entry))).toBe(true)
      expect(await calls.change(next(entry))).toBe(false)
      expect(await calls.claim('a', Date.now())).toBe(true)
      expect(await calls.claim('a', Date.now())).toBe(false)
      const revocation = make.revocation('credential', entry.id)
      expect(await calls.revoke(revocation)).toBe(true)
      expect(await calls.read(entry.id)).toMatchObject({ version: 3, revokedAtMs: revocation.atMs })
      const counts = [{ credentialId: 'c', hourMs: 0, route: 'r', outcome: 'o', count: 2, lastUsedAtMs: 0 }]
      await calls.addUsage({ id: 'b', counts, forgetHoursBeforeMs: 0 })
      expect(await calls.usage({ credentialIds: ['c'] })).toMatchObject([{ count: 2 }])
    }),
  )

  it('keeps all its keys in one slot, whatever texts they are made of', () =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const clock = pastClock()
      const { store, calls, make, prefix } = openStore(connection.client, { clock })
      for (const text of ['}', '{', '{}', '{other}', '}{', ':']) {
        await calls.add(make.key({ id: `id${text}`, accountId: text, wallets: [text], name: text }))
        await calls.claim(text, clock.wallMs())
        const count = { hourMs: 0, route: text, outcome: text, count: 1, lastUsedAtMs: 0 }
        await calls.addUsage({ id: text, counts: [{ credentialId: text, ...count }], forgetHoursBeforeMs: 0 })
        const balance = { amount: 1n, decimals: 0, slot: 1, exact: true }
        const options = { signal: new AbortController().signal }
        await store.keepBalance({ mint: text, owner: text }, balance, DAY_MS, options)
      }
      const keys = (await connection.call('KEYS', '*')) as string[]
      const own = keys.filter((key) => key.includes(prefix))
      expect(own.length).toBeGreaterThan(50)
      expect(own.filter((key) => !key.startsWith(`{${prefix}}:`))).toEqual([])
    }))

  it('tells apart all texts, and keeps them as they are', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const clock = pastClock()
      const { calls, make } = openStore(client, { clock })
      const texts = [...ODD_TEXTS, '\udfff', '\ufffd', '\\ud800', '{a}', 'a}', 'ä'.repeat(5_000)]
      const createdAtMs = clock.wallMs()
      const entries = texts.map((text) =>
        make.pair({
          id: `id${text}`,
          accountId: text,
          wallets: [text],
          name: text,
          keyId: `key${text}`,
          createdAtMs,
        }),
      )
      for (const entry of entries) expect(await calls.add(entry, 1)).toBe('added')
      for (const entry of entries) {
        expect(await calls.read(entry.id)).toEqual(entry)
        expect(await calls.find(lookupOf(entry))).toMatchObject({ id: entry.id })
        expect(await calls.listAll({ accountId: entry.accountId })).toEqual([entry])
        expect(await calls.claim(entry.id, clock.wallMs())).toBe(true)
      }
      expect(await calls.listAll({ limit: 3 })).toHaveLength(texts.length)
      const counts = texts.map((text) => ({
        ...{ credentialId: text, hourMs: 3_600_000, route: text, outcome: text, count: 1, lastUsedAtMs: 1 },
      }))
      await calls.addUsage({ id: '\ud800', counts, forgetHoursBeforeMs: 0 })
      await calls.addUsage({ id: '\ud801', counts, forgetHoursBeforeMs: 0 })
      const sums = await calls.usage({ credentialIds: texts, hoursSinceMs: 0 })
      const expected = counts.flatMap((count) => [
        { ...count, hourMs: null, count: 2 },
        { ...count, count: 2 },
      ])
      expect(sums).toEqual(expected)
      for (const [at, { wallets }] of entries.entries()) {
        await calls.revoke(make.revocation('wallet', wallets[0] ?? ''))
        expect(await calls.listAll()).toHaveLength(entries.length - at - 1)
      }
      const { changes } = await calls.changes(null)
      expect(changes.map(({ id }) => id)).toEqual([...entries.map(({ id }) => id), ...texts])
    }))
})

/** A client that loses the first reply of every call, and sends the call again. */
function twice(client: RedisClient): RedisClient {
  const repeated = (name: string) => {
    const method = (client as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>)[name]
    return (...values: unknown[]) => method?.apply(client, values).then(() => method.apply(client, values))
  }
  const sha = 'evalsha' in client ? 'evalsha' : 'evalSha'
  return { [sha]: repeated(sha), eval: repeated('eval') } as unknown as RedisClient
}
