import { expect, it } from 'vitest'
import { manualClock } from '../support/clock.js'
import { describeWithServer, redisUrl } from '../support/servers.js'
import {
  type Connection,
  DAY_MS,
  drivers,
  nodeRedisDriver,
  openStore,
  pastClock,
  snapshotOf,
  withConnection,
} from './redis-kit.js'

const HOUR_MS = 3_600_000

describeWithServer('a claim in Redis', 'redis', () => {
  it.each([
    ['a minute longer than it has to', 0, 30_000, 90_000],
    ['a minute where it is over already', 0, -HOUR_MS, 60_000],
    ['longer where the instance is behind', -DAY_MS, 30_000, DAY_MS + 90_000],
    ['no shorter where the instance is ahead', DAY_MS, 30_000, 90_000],
  ])('is kept %s', (_, aheadMs, lifeMs, expectedMs) =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const clock = manualClock(Date.now() + aheadMs)
      const { calls, prefix } = openStore(connection.client, { clock })
      await calls.claim('a', Date.now() + lifeMs)
      const [leftMs] = await lifetimesOf(connection, prefix)
      expect(leftMs).toBeGreaterThan(expectedMs - 5_000)
      expect(leftMs).toBeLessThan(expectedMs + 5_000)
    }),
  )

  it('is kept for ever where it never ends', () =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const { calls, prefix } = openStore(connection.client)
      expect(await calls.claim('a', Number.MAX_SAFE_INTEGER)).toBe(true)
      expect(await calls.claim('a', Number.MAX_SAFE_INTEGER)).toBe(false)
      expect(await lifetimesOf(connection, prefix)).toEqual([-1])
    }))

  it.each(drivers)('is had by one of 500 who ask by several instances at once: $name', (driver) =>
    withConnection(driver, redisUrl, (first) =>
      withConnection(nodeRedisDriver, redisUrl, async (second) => {
        const one = openStore(first.client)
        const two = openStore(second.client, { prefix: one.prefix })
        const answers = await Promise.all(
          Array.from({ length: 500 }, (_, at) => (at % 2 === 0 ? one : two).calls.claim('a', Date.now())),
        )
        expect(answers.filter((isFirst) => isFirst)).toHaveLength(1)
      }),
    ),
  )

  it('of one store is none of another', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      expect(await openStore(client).calls.claim('a', Date.now())).toBe(true)
      expect(await openStore(client).calls.claim('a', Date.now())).toBe(true)
    }))
})

describeWithServer('usage counts in Redis', 'redis', () => {
  const count = { credentialId: 'c', route: 'GET /', outcome: 'allowed', count: 1, lastUsedAtMs: 1 }

  it('go by themselves where nobody counts any more, but for the sums', () =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const clock = pastClock()
      const { calls, prefix } = openStore(connection.client, { clock })
      const hourMs = Math.floor(clock.wallMs() / HOUR_MS) * HOUR_MS
      const forgetHoursBeforeMs = hourMs - 90 * DAY_MS
      await calls.addUsage({ id: 'b', counts: [{ ...count, hourMs }], forgetHoursBeforeMs })
      const lifetimes = await lifetimesByName(connection, prefix)
      expect(lifetimes).toMatchObject({ 'usage:c': -1 })
      expect(lifetimes['batch:b']).toBeLessThanOrEqual(HOUR_MS)
      for (const key of [`hour:${hourMs}:c`, 'hours:c']) {
        expect(lifetimes[key]).toBeGreaterThan(90 * DAY_MS)
        expect(lifetimes[key]).toBeLessThan(91 * DAY_MS)
      }
    }))

  it('leave no hour behind that may be forgotten', () =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const { calls, prefix } = openStore(connection.client)
      const hours = Array.from({ length: 40 }, (_, at) => (at + 1) * HOUR_MS)
      const counts = hours.map((hourMs) => ({ ...count, hourMs }))
      await calls.addUsage({ id: 'a', counts, forgetHoursBeforeMs: 0 })
      await calls.addUsage({ id: 'b', counts: counts.slice(0, 1), forgetHoursBeforeMs: 39 * HOUR_MS })
      const names = Object.keys(await lifetimesByName(connection, prefix))
      expect(names.filter((name) => name.startsWith('hour:'))).toEqual(
        expect.arrayContaining([`hour:${39 * HOUR_MS}:c`, `hour:${40 * HOUR_MS}:c`]),
      )
      expect(names).toHaveLength(6)
      const sums = await calls.usage({ credentialIds: ['c'], hoursSinceMs: Number.NEGATIVE_INFINITY })
      expect(sums.map((sum) => [sum.hourMs, sum.count])).toEqual([
        [null, 41],
        [39 * HOUR_MS, 1],
        [40 * HOUR_MS, 1],
      ])
      const [all] = await calls.usage({ credentialIds: ['c'], hoursSinceMs: Number.POSITIVE_INFINITY })
      expect(all).toMatchObject({ hourMs: null, count: 41 })
    }))

  it.each(drivers)('are added whole in one step, however many: $name', (driver) =>
    withConnection(driver, redisUrl, async ({ client }) => {
      const { calls } = openStore(client)
      const counts = Array.from({ length: 20_000 }, (_, at) => ({
        ...{ ...count, credentialId: `c${at % 500}`, route: `GET /${at}` },
        hourMs: HOUR_MS,
      }))
      await Promise.all(
        [1, 2, 3].map(() => calls.addUsage({ id: 'one batch', counts, forgetHoursBeforeMs: 0 })),
      )
      const credentialIds = Array.from({ length: 500 }, (_, at) => `c${at}`)
      const sums = await calls.usage({ credentialIds: [...credentialIds, 'c0'], hoursSinceMs: 0 })
      expect(sums).toHaveLength(40_000)
      expect(sums.reduce((sum, { count }) => sum + count, 0)).toBe(40_000)
    }),
  )

  it('are exact beyond what Lua can count', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const { calls } = openStore(client)
      const most = Number.MAX_SAFE_INTEGER
      const rows = [most - 1, 1, -most, 5, most - 6].map((add) => ({ ...count, hourMs: HOUR_MS, count: add }))
      for (const [at, row] of rows.entries()) {
        await calls.addUsage({ id: String(at), counts: [row], forgetHoursBeforeMs: 0 })
      }
      expect(await calls.usage({ credentialIds: ['c'] })).toMatchObject([{ count: most - 1 }])
    }))
})

async function lifetimesByName(connection: Connection, prefix: string): Promise<Record<string, number>> {
  const keys = Object.keys(await snapshotOf(connection, `{${prefix}}:`))
  const lifetimes = keys.map(async (key) => {
    const leftMs = Number(await connection.call('PTTL', key))
    return [key.slice(prefix.length + 3), leftMs] as const
  })
  return Object.fromEntries(await Promise.all(lifetimes))
}

async function lifetimesOf(connection: Connection, prefix: string): Promise<number[]> {
  return Object.values(await lifetimesByName(connection, prefix))
}
