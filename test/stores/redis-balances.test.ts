import type { Balance } from 'sallyport'
import { expect, it } from 'vitest'
import { shared } from '../../src/balances/shared.js'
import { balance, query, untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { describeWithServer, redisUrl } from '../support/servers.js'
import { DAY_MS, drivers, nodeRedisDriver, openStore, until, withConnection } from './redis-kit.js'

const KEY = { mint: MINT, owner: ALICE }

describeWithServer('balances in Redis', 'redis', () => {
  const withBalances = (
    use: (kit: {
      keep(balance: Balance, ttlMs?: number): Promise<void>
      read(): Promise<unknown>
    }) => Promise<void>,
  ) =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const { store } = openStore(client)
      await use({
        keep: async (kept, ttlMs = DAY_MS) => store.keepBalance(KEY, kept, ttlMs, untilEnded()),
        read: async () => store.readBalance(KEY, untilEnded()),
      })
    })

  it('are as they were kept, however large', () =>
    withBalances(async ({ keep, read }) => {
      expect(await read()).toBeUndefined()
      const slot = Number.MAX_SAFE_INTEGER
      await keep(balance(2n ** 64n - 1n, { decimals: 255, slot, exact: false }))
      expect(await read()).toEqual({
        amount: 2n ** 64n - 1n,
        decimals: 255,
        slot,
        exact: false,
        ageMs: expect.any(Number),
      })
      await keep(balance(5n, { slot: slot - 1 }))
      expect(await read()).toMatchObject({ slot })
    }))

  it.each<readonly [string, Balance, Balance, bigint]>([
    ['a newer slot takes the place of an older', balance(1n, { slot: 5 }), balance(2n, { slot: 6 }), 2n],
    ['an older slot does not', balance(1n, { slot: 5 }), balance(2n, { slot: 4 }), 1n],
    ['the same slot does', balance(1n, { slot: 5 }), balance(2n, { slot: 5 }), 2n],
    [
      'a lower bound of the same slot does not',
      balance(1n, { slot: 5 }),
      balance(2n, { slot: 5, exact: false }),
      1n,
    ],
    [
      'an exact answer of the same slot does',
      balance(1n, { slot: 5, exact: false }),
      balance(2n, { slot: 5 }),
      2n,
    ],
    [
      'a lower bound of a newer slot does',
      balance(1n, { slot: 5 }),
      balance(2n, { slot: 6, exact: false }),
      2n,
    ],
  ])('keep the order of slots: %s', (_, first, second, expected) =>
    withBalances(async ({ keep, read }) => {
      await keep(first)
      await keep(second)
      expect(await read()).toMatchObject({ amount: expected })
    }),
  )

  it('keep the newest of many that come at once in any order', () =>
    withBalances(async ({ keep, read }) => {
      const slots = Array.from({ length: 100 }, (_, at) => (at * 37) % 101)
      await Promise.all(slots.map((slot) => keep(balance(BigInt(slot), { slot }))))
      expect(await read()).toMatchObject({ amount: 100n, slot: 100 })
    }))

  it('end with their time, which an older answer does not lengthen', () =>
    withBalances(async ({ keep, read }) => {
      await keep(balance(1n, { slot: 9 }), 100)
      await keep(balance(1n, { slot: 8 }), DAY_MS)
      await until('it has ended', async () => (await read()) === undefined)
      await keep(balance(3n, { slot: 1 }))
      expect(await read()).toMatchObject({ amount: 3n })
    }))

  it('are not kept for no time', () =>
    withBalances(async ({ keep, read }) => {
      for (const ttlMs of [0, 0.9, -5]) await keep(balance(1n), ttlMs)
      expect(await read()).toBeUndefined()
    }))

  it('tell their age', () =>
    withBalances(async ({ keep, read }) => {
      await keep(balance(1n))
      const ageMs = async () => Number(((await read()) as { ageMs: number }).ageMs)
      expect(await ageMs()).toBeLessThan(5_000)
      await until('it is older', async () => (await ageMs()) > 20)
      await keep(balance(1n))
      expect(await ageMs()).toBeLessThan(5_000)
    }))

  it.each(drivers)('are read from the chain once for all instances: $name', (driver) =>
    withConnection(driver, redisUrl, async ({ client }) => {
      const { store, prefix } = openStore(client)
      const chain = tableBalances()
      chain.set(ALICE, MINT, 7n)
      const here = shared(chain, { store })
      const there = shared(chain, { store: openStore(client, { prefix }).store })
      expect(await here.read(query(), untilEnded())).toEqual(balance(7n, { slot: 2 }))
      await until('it is shared', async () => (await store.readBalance(KEY, untilEnded())) !== undefined)
      expect(await there.read(query(), untilEnded())).toEqual(balance(7n, { slot: 2, freshness: 'cached' }))
      expect(chain.reads).toBe(1)
      await there.read(query({ owner: BOB }), untilEnded())
      await there.read(query({ mint: OTHER_MINT }), untilEnded())
      expect(chain.reads).toBe(3)
    }),
  )
})
