import { type RedisServer, startRedis } from '@sallyport/servers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lookupOf, next } from '../../src/testing/store-contract-entries.js'
import { describeWithServer } from '../support/servers.js'
import { drivers, openStore, until, withConnection } from './redis-kit.js'

describeWithServer('a Redis that comes back', 'redis', () => {
  let server: RedisServer
  beforeEach(async () => {
    server = await startRedis()
  })
  afterEach(() => server.close())

  it.each(drivers)('knows no script any more, and nobody notices: $name', (driver) =>
    withConnection(driver, server.url, async ({ client, call }) => {
      const { calls, make } = openStore(client)
      const entry = make.key()
      expect(await calls.add(entry)).toBe('added')
      await call('SCRIPT', 'FLUSH')
      expect(await calls.find(lookupOf(entry))).toMatchObject({ id: entry.id })
      await call('SCRIPT', 'FLUSH')
      expect(await calls.change(next(entry))).toBe(true)
      await call('SCRIPT', 'FLUSH')
      const claims = await Promise.all(Array.from({ length: 50 }, () => calls.claim('a', Date.now())))
      expect(claims.filter((first) => first)).toHaveLength(1)
      // By their digests, once Redis knows them.
      await calls.find(lookupOf(entry))
      await call('CONFIG', 'RESETSTAT')
      for (let count = 0; count < 10; count++) await calls.find(lookupOf(entry))
      const stats = String(await call('INFO', 'commandstats'))
      expect(stats).toContain('cmdstat_evalsha:calls=10,')
      expect(stats).not.toContain('cmdstat_eval:')
    }),
  )

  it.each(drivers)('has kept all that it acknowledged, whenever it was killed: $name', (driver) =>
    withConnection(driver, server.url, async ({ client }) => {
      const { calls, make, store } = openStore(client)
      const [added, changed, revoked, claimed] = [
        new Set<string>(),
        new Set<string>(),
        new Set<string>(),
        new Set(),
      ]
      let total = 0
      let refused = 0
      const began = 400
      async function work(): Promise<void> {
        while (refused === 0) {
          const entry = make.pair()
          try {
            await calls.add(entry)
            added.add(entry.id)
            await calls.change(next(entry, { name: 'changed' }))
            changed.add(entry.id)
            await calls.revoke(make.revocation('credential', entry.id))
            revoked.add(entry.id)
            await calls.claim(entry.id, Date.now() + 60_000)
            claimed.add(entry.id)
            const count = { hourMs: 0, route: 'r', outcome: 'allowed', count: 1, lastUsedAtMs: 1 }
            await calls.addUsage({
              id: entry.id,
              counts: [{ credentialId: 'c', ...count }],
              forgetHoursBeforeMs: 0,
            })
            total++
          } catch {
            refused++
          }
        }
      }
      const working = Promise.all(Array.from({ length: 20 }, work))
      await until('enough was acknowledged', async () => total > began)
      await server.kill()
      await working
      await server.start()
      await until('the client is connected again', () =>
        calls.read('none').then(
          () => true,
          () => false,
        ),
      )
      const entries = new Map((await calls.listAll({ revoked: true })).map((entry) => [entry.id, entry]))
      for (const id of added) expect(entries.has(id)).toBe(true)
      for (const id of changed) expect(entries.get(id)?.name).toBe('changed')
      for (const id of revoked) expect(entries.get(id)?.status).toBe('revoked')
      for (const id of claimed) expect(await calls.claim(String(id), Date.now() + 60_000)).toBe(false)
      const [sum] = await calls.usage({ credentialIds: ['c'] })
      expect(sum?.count).toBeGreaterThanOrEqual(total)
      expect(sum?.count).toBeLessThanOrEqual(total + refused)
      const { changes } = await calls.changesFrom(null)
      expect(new Set(changes.map(({ id }) => id))).toEqual(new Set(entries.keys()))
      await store.close()
    }),
  )

  it.each(drivers)(
    'is refused while it is away, by every verb, and used again when it is back: $name',
    (driver) =>
      withConnection(driver, server.url, async ({ client }) => {
        const { calls, make, store } = openStore(client)
        const entry = make.key()
        await calls.add(entry)
        await server.stop()
        const options = { signal: new AbortController().signal }
        const verbs = [
          () => calls.find(lookupOf(entry)),
          () => calls.claim('a', Date.now()),
          () => calls.add(make.key()),
          () => calls.read(entry.id),
          () => calls.list({ limit: 1 }),
          () => calls.change(next(entry)),
          () => calls.revoke(make.revocation('all', '')),
          () => calls.changes(null),
          () => calls.addUsage({ id: 'b', counts: [], forgetHoursBeforeMs: 0 }),
          () => calls.usage({ credentialIds: ['c'] }),
          async () => store.readBalance({ mint: 'm', owner: 'o' }, options),
          async () =>
            store.keepBalance(
              { mint: 'm', owner: 'o' },
              { amount: 1n, decimals: 0, slot: 1, exact: true },
              1_000,
              options,
            ),
          () => store.reseal(),
        ]
        const beganMs = performance.now()
        const outcomes = await Promise.allSettled(verbs.map((verb) => verb()))
        expect(performance.now() - beganMs).toBeLessThan(2_000)
        expect(outcomes.map(({ status }) => status)).toEqual(verbs.map(() => 'rejected'))
        await server.start()
        await until('the client is connected again', () =>
          calls.read('none').then(
            () => true,
            () => false,
          ),
        )
        for (const verb of verbs) await expect(verb()).resolves.not.toThrow()
        expect(await calls.find(lookupOf(entry))).toMatchObject({ status: 'revoked' })
      }),
  )
})
