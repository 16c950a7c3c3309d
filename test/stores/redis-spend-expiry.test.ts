import { expect, it } from 'vitest'
import { redisStore } from '../../src/stores/redis.js'
import { spendCallsOf } from '../../src/testing/spend-store-contract-calls.js'
import { spendMaker, TTL_MS, take } from '../../src/testing/spend-store-contract-making.js'
import { manualClock } from '../support/clock.js'
import { describeWithServer, freshRedisPrefix, redisUrl } from '../support/servers.js'
import { nodeRedisDriver, SEALING_KEY, until, withConnection } from './redis-kit.js'
import { openSpend, type SpendKit } from './redis-spend-kit.js'

/** More than one script lets expire. */
const MANY = 250

describeWithServer('the end of what is held in Redis', 'redis', () => {
  const withMany = (use: (kit: SpendKit, ids: readonly string[]) => Promise<void>) =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const kit = openSpend(client)
      const { calls, make, clock } = kit
      const takes = [take('spent', 10n * BigInt(MANY)), take('times', BigInt(MANY), { measures: 'count' })]
      const asked = Array.from({ length: MANY }, () => make.reservation({ takes }))
      await Promise.all(asked.map((one) => calls.reserve(make.decision(), one)))
      expect(await calls.sums(takes)).toEqual([10n * BigInt(MANY), BigInt(MANY)])
      clock.advance(TTL_MS)
      await use(
        kit,
        asked.map(({ id }) => id),
      )
    })

  it('frees a budget at once for whoever reserves, however many are over', () =>
    withMany(async ({ calls, make }) => {
      const takes = [take('spent', 10n * BigInt(MANY)), take('times', 1n, { measures: 'count' })]
      const asked = make.reservation({ amount: 10n * BigInt(MANY), takes })
      expect((await calls.reserve(make.decision(), asked)).decision).toMatchObject({
        outcome: 'approved',
        sums: [0n, 0n],
      })
    }))

  it('lets exactly as many through as there is room for, of many who free it at the same time', () =>
    withMany(async ({ calls, make }) => {
      const takes = [take('spent', 10n * BigInt(MANY))]
      const asked = Array.from({ length: 40 }, () => make.reservation({ amount: 250n, takes }))
      const answers = await Promise.all(asked.map((one) => calls.reserve(make.decision(), one)))
      expect(answers.filter(({ reservation }) => reservation?.state === 'held')).toHaveLength(10)
      expect(await calls.sum('spent')).toBe(10n * BigInt(MANY))
    }))

  it('is in every sum that is read, however many are over', () =>
    withMany(async ({ calls }) => expect(await calls.sum('spent')).toBe(0n)))

  it('is written down for as many as are asked for, and said of each once', () =>
    withMany(async ({ calls }, ids) => {
      expect([await calls.expire(130), await calls.expire(1_000), await calls.expire(1_000)]).toEqual([
        130,
        MANY - 130,
        0,
      ])
      for (const id of ids) {
        const { reservation, trail } = await calls.reservation(id)
        expect(reservation).toMatchObject({ state: 'released', expired: true })
        expect(trail.map(({ event }) => event)).toEqual(['reserve', 'expire'])
      }
    }))

  it('is waited for no longer than the caller waits', () =>
    withMany(async ({ store, calls, make }) => {
      const options = { signal: AbortSignal.abort(new Error('gave up')) }
      const asked = make.reservation({ takes: [take('spent', 10n)] })
      await expect(store.reserve(make.decision(), asked, options)).rejects.toThrow('gave up')
      expect(await calls.readReservation(asked.id)).toBeUndefined()
      expect(await calls.reserve(make.decision(), asked)).toMatchObject({ reservation: { state: 'held' } })
    }))

  it('comes for all others where one of them was lost', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client, call }) => {
      const { calls, make, clock, prefix } = openSpend(client)
      const asked = [0, 1, 2].map(() => make.reservation({ takes: [take('spent', 30n)] }))
      for (const one of asked) await calls.reserve(make.decision(), one)
      await call('DEL', `{${prefix}}:reservation:${asked[0]?.id}`)
      clock.advance(TTL_MS)
      expect(await calls.sum('spent')).toBe(10n)
      expect(await calls.expire(10)).toBe(0)
    }))

  it("goes by the server's time where the host has no clock of its own", () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client, call }) => {
      const store = redisStore(client, { sealingKeys: [SEALING_KEY], prefix: freshRedisPrefix() })
      const calls = spendCallsOf(store)
      const make = spendMaker(manualClock())
      const serverMs = async () => {
        const [seconds, us] = (await call('TIME')) as [string, string]
        return Number(seconds) * 1_000 + Math.floor(Number(us) / 1_000)
      }
      const [short, long] = [20, 3_600_000].map((ttlMs) =>
        make.reservation({ ttlMs, takes: [take('spent', 20n)] }),
      )
      if (short === undefined || long === undefined) throw new Error('there are two')
      const beganMs = await serverMs()
      await calls.reserve(make.decision(), long)
      const { reservation } = await calls.reserve(make.decision(), short)
      expect(reservation?.createdAtMs).toBeGreaterThanOrEqual(beganMs)
      expect(reservation?.createdAtMs).toBeLessThanOrEqual(await serverMs())
      expect(reservation?.expiresAtMs).toBe((reservation?.createdAtMs ?? 0) + 20)
      await until('it is over', async () => (await calls.sum('spent')) === 10n)
      expect((await calls.reservation(short.id)).reservation).toMatchObject({
        state: 'released',
        expired: true,
      })
      expect((await calls.reservation(long.id)).reservation).toMatchObject({ state: 'held' })
    }))
})
