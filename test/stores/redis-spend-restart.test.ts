import { type RedisServer, startRedis } from '@sallyport/servers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { TTL_MS, take } from '../../src/testing/spend-store-contract-making.js'
import { describeWithServer } from '../support/servers.js'
import { drivers, until, withConnection } from './redis-kit.js'
import { openSpend, type SpendKit } from './redis-spend-kit.js'

describeWithServer('spending in a Redis that comes back', 'redis', () => {
  let server: RedisServer
  beforeEach(async () => {
    server = await startRedis()
  })
  afterEach(() => server.close())

  it.each(drivers)('is done although no script is known any more: $name', (driver) =>
    withConnection(driver, server.url, async ({ client, call }) => {
      const kit = openSpend(client)
      for (const verb of verbsOf(kit)) {
        await call('SCRIPT', 'FLUSH')
        await verb()
      }
      const takes = [take('hot', 50n)]
      await call('SCRIPT', 'FLUSH')
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          kit.calls.reserve(kit.make.decision(), kit.make.reservation({ takes })),
        ),
      )
      expect(answers.filter(({ isNew }) => isNew)).toHaveLength(50)
      expect(answers.filter(({ reservation }) => reservation?.state === 'held')).toHaveLength(5)
      // By their digests, once Redis knows them.
      for (const verb of verbsOf(kit)) await verb()
      await call('CONFIG', 'RESETSTAT')
      for (const verb of verbsOf(kit)) await verb()
      expect(String(await call('INFO', 'commandstats'))).not.toContain('cmdstat_eval:')
    }),
  )

  it.each(drivers)('has kept all that was acknowledged, whenever it was killed: $name', (driver) =>
    withConnection(driver, server.url, async ({ client }) => {
      const { calls, make } = openSpend(client)
      const takes = [
        take('a', 10n ** 9n),
        take('b', 10n ** 9n),
        take('times', 10n ** 9n, { measures: 'count' }),
      ]
      const asked: string[] = []
      const [held, committed, decided] = [new Set<string>(), new Set<string>(), new Set<string>()]
      let isAway = false
      async function work(): Promise<void> {
        while (!isAway) {
          const [one, decision] = [make.reservation({ takes }), make.decision()]
          asked.push(one.id)
          try {
            await calls.reserve(decision, one)
            held.add(one.id)
            decided.add(decision.id)
            if (held.size % 2 === 0) continue
            await calls.settle({ id: one.id, as: 'commit', amount: 4n })
            committed.add(one.id)
          } catch {
            isAway = true
          }
        }
      }
      const working = Promise.all(Array.from({ length: 20 }, work))
      await until('enough was acknowledged', async () => committed.size > 300)
      await server.kill()
      await working
      await server.start()
      await until('the client is connected again', () =>
        calls.readReservation('nobody').then(
          () => true,
          () => false,
        ),
      )
      let [sum, times] = [0n, 0n]
      for (const id of asked) {
        const read = await calls.readReservation(id)
        if (read === undefined) expect(held).not.toContain(id)
        else {
          const { state, amount, committed: part } = read.reservation
          if (committed.has(id)) expect([state, part]).toEqual(['committed', 4n])
          sum += part ?? amount
          times += 1n
        }
      }
      expect(Number(times)).toBeGreaterThanOrEqual(held.size)
      expect(await calls.sums(takes)).toEqual([sum, sum, times])
      const log = new Set((await calls.allDecisions({ accountId: 'acme' })).map(({ id }) => id))
      for (const id of decided) expect(log).toContain(id)
    }),
  )

  it.each(drivers)('is refused while it is away, by every verb, and used again afterwards: $name', (driver) =>
    withConnection(driver, server.url, async ({ client }) => {
      const kit = openSpend(client)
      await server.stop()
      const outcomes = await Promise.allSettled(verbsOf(kit).map((verb) => verb()))
      expect(outcomes.map(({ status }) => status)).toEqual(verbsOf(kit).map(() => 'rejected'))
      await server.start()
      await until('the client is connected again', () =>
        kit.calls.readReservation('nobody').then(
          () => true,
          () => false,
        ),
      )
      for (const verb of verbsOf(kit)) await expect(verb()).resolves.not.toThrow()
    }),
  )
})

/** Every verb, in an order in which each has something to do. */
function verbsOf({ calls, make, clock }: SpendKit): readonly (() => Promise<unknown>)[] {
  const [record, asked, decision] = [
    make.record(),
    make.reservation({ takes: [take('all', 10n)] }),
    make.decision(),
  ]
  return [
    () => calls.add(record),
    () => calls.change({ ...record, version: 2 }),
    () => calls.read('agent', record.id),
    () => calls.find('agent', 'nothing'),
    () => calls.list({ kind: 'agent', accountId: 'acme', limit: 1 }),
    () => calls.reserve(decision, asked),
    () => calls.settle({ id: asked.id, as: 'release' }),
    () => calls.readReservation(asked.id),
    () => calls.expire(1),
    () => calls.sums([{ key: 'all', fromMs: 0, toMs: clock.wallMs() + TTL_MS }]),
    () => calls.decisions({ accountId: 'acme', limit: 1 }),
    () => calls.decision(decision.id),
  ]
}
