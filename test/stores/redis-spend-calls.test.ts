import { expect, it } from 'vitest'
import { TTL_MS, take } from '../../src/testing/spend-store-contract-making.js'
import { ODD_TEXTS } from '../../src/testing/store-contract-entries.js'
import { describeWithServer, redisUrl } from '../support/servers.js'
import { allDrivers, type Connection, drivers, nodeRedisDriver, withConnection } from './redis-kit.js'
import { dumpOf, openSpend, replayable, twice } from './redis-spend-kit.js'

// The texts of the contract, and whatever has a meaning in a name or a row.
const TEXTS = new Set([...ODD_TEXTS, '}', '{other}', '}{', ':', '|', '"', '\\'])
const ACME = { accountId: 'acme' }
const DECIDED = { agentId: 'agent', mandateId: 'mandate' }

/** Every verb in every way it can answer, in an order that gives every client the same answers. */
async function answersOf({ client }: Connection): Promise<unknown[]> {
  const { calls, make, clock } = openSpend(client)
  const takes = [
    take('spent', 25n),
    take('times', 5n, { measures: 'count' }),
    take('used', 9n, { measures: 'use' }),
  ]
  const [first, second, third] = [
    make.reservation({ takes }),
    make.reservation({ takes, accountId: 'ü\0\ud800' }),
    make.reservation({ takes, onExpiry: 'commit', amount: 5n }),
  ]
  const record = make.record({ lookups: ['one', 'ü\0'], document: '{"name":"ü\0"}' })
  const answers: unknown[] = [
    await calls.add(record),
    await calls.add(record),
    await calls.change({ ...record, version: 2, lookups: ['two'] }),
    await calls.change(record),
    await calls.find('agent', 'two'),
    await calls.find('agent', 'one'),
    await calls.list({ ...ACME, kind: 'agent', limit: 1 }),
    await calls.reserve(make.decision(DECIDED), first),
    await calls.reserve(make.decision(DECIDED), second),
    await calls.reserve(make.decision(), make.reservation({ takes })),
    await calls.reserve(make.decision(), third),
    await calls.reserve(make.decision({ outcome: 'declined' }), null),
    await calls.settle({ id: first.id, as: 'commit', amount: 3n }),
    await calls.settle({ id: second.id, as: 'release' }),
    await calls.settle({ id: 'nobody', as: 'release' }),
  ]
  clock.advance(TTL_MS)
  answers.push(
    await calls.expire(10),
    await calls.readReservation(third.id),
    await calls.readReservation('nobody'),
    await calls.sums([...takes, take('nobody', 0n)]),
    await calls.decisions({ ...ACME, limit: 3 }),
    await calls.decisions({ ...ACME, ...DECIDED, limit: 3 }),
    await calls.decisions({ ...ACME, outcome: 'declined', limit: 1 }),
    await calls.decision('nobody'),
  )
  return answers
}

describeWithServer('what spending asks of Redis', 'redis', () => {
  it.each(allDrivers)('is answered alike over every client: $name', async (driver) => {
    const expected = await withConnection(nodeRedisDriver, redisUrl, answersOf)
    expect(await withConnection(driver, redisUrl, answersOf)).toEqual(expected)
    expect(expected[9]).toMatchObject({ decision: { exceeded: [0], sums: [20n, 2n, 2n] } })
  })

  it.each(drivers)('is answered as it was where its client sends it twice: $name', (driver) =>
    withConnection(driver, redisUrl, async ({ client }) => {
      const { calls, make } = openSpend(twice(client))
      const record = make.record({ lookups: ['one'] })
      expect(await calls.add(record)).toBe('added')
      expect(await calls.add(record)).toBe('duplicate')
      const changed = { ...record, version: 2, lookups: ['two'] }
      expect(await calls.change(changed)).toBe('changed')
      expect(await calls.change(changed)).toBe('stale')

      const takes = [take('spent', 10n), take('times', 1n, { measures: 'count' })]
      const asked = make.reservation({ takes })
      const made = await calls.reserve(make.decision(), asked)
      expect(made).toMatchObject({
        isNew: true,
        reservation: { state: 'held' },
        decision: { sums: [0n, 0n] },
      })
      expect(await calls.reserve(make.decision(), asked)).toEqual({ ...made, isNew: false })
      const declined = await calls.reserve(make.decision(), make.reservation({ takes }))
      expect(declined).toMatchObject({ isNew: true, decision: { exceeded: [0, 1], sums: [10n, 1n] } })
      const only = make.decision()
      expect(await calls.reserve(only, null)).toMatchObject({ isNew: true, reservation: null })
      expect(await calls.reserve(only, null)).toMatchObject({ isNew: false, reservation: null })

      expect(await calls.settle({ id: asked.id, as: 'release' })).toMatchObject({ isNew: true })
      expect(await calls.settle({ id: asked.id, as: 'release' })).toMatchObject({ isNew: false })
      const again = await calls.reserve(make.decision(), { ...asked, renews: true })
      expect(again).toMatchObject({
        isNew: true,
        reservation: { state: 'held' },
        decision: { sums: [0n, 0n] },
      })
      expect(await calls.settle({ id: asked.id, as: 'commit', amount: 4n })).toMatchObject({ isNew: true })
      expect(await calls.sums(takes)).toEqual([4n, 1n])
      const { trail } = await calls.reservation(asked.id)
      expect(trail.map(({ event }) => event)).toEqual(['reserve', 'release', 'reserve', 'commit'])
      expect(await calls.allDecisions(ACME)).toHaveLength(4)
    }),
  )

  it('changes nothing by a reservation that is sent again after it was given back, or made anew', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const { client: replaying, replay } = replayable(client)
      const { calls: late, prefix, make } = openSpend(replaying)
      const { calls } = openSpend(client, { prefix })
      const asked = make.reservation({ takes: [take('spent', 10n)], renews: true })
      await late.reserve(make.decision(), asked)
      await calls.settle({ id: asked.id, as: 'release' })
      const released = await calls.reservation(asked.id)
      await replay()
      expect(await calls.reservation(asked.id)).toEqual(released)
      expect(await calls.sum('spent')).toBe(0n)

      await calls.reserve(make.decision(), asked)
      await calls.settle({ id: asked.id, as: 'release' })
      await replay()
      expect(await calls.sum('spent')).toBe(0n)
      expect((await calls.reservation(asked.id)).trail).toHaveLength(4)
    }))

  it('ends nothing that was made anew by a settlement that is sent again', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const { client: replaying, replay } = replayable(client)
      const { calls: late, prefix, make } = openSpend(replaying)
      const { calls } = openSpend(client, { prefix })
      const asked = make.reservation({ takes: [take('spent', 10n)], renews: true })
      await calls.reserve(make.decision(), asked)
      await late.settle({ id: asked.id, as: 'release' })
      for (let count = 0; count < 3; count++) {
        await calls.reserve(make.decision(), asked)
        await replay()
        expect(await calls.reservation(asked.id)).toMatchObject({ reservation: { state: 'held' } })
        expect(await calls.sum('spent')).toBe(10n)
        await calls.settle({ id: asked.id, as: 'release' })
      }
    }))

  it('changes no record again by a change that is sent again, whoever has changed it since', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const { client: replaying, replay } = replayable(client)
      const { calls: late, prefix, make } = openSpend(replaying)
      const { calls } = openSpend(client, { prefix })
      const record = make.record()
      await late.add(record)
      const versions = [2, 3, 4].map((version) => ({ ...record, version, lookups: [`lookup ${version}`] }))
      for (const version of versions) {
        await calls.change(version)
        expect(await replay()).toBe('added')
      }
      expect(await calls.read('agent', record.id)).toEqual(versions[2])
      expect(await calls.find('agent', 'lookup 2')).toBeUndefined()
    }))

  it('is written whole or not at all', () =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const { calls, make, prefix } = openSpend(connection.client)
      const record = make.record({ lookups: ['taken'] })
      await calls.add(record)
      const asked = make.reservation({ takes: [take('spent', 10n)] })
      const { decision } = await calls.reserve(make.decision(), asked)
      const before = await dumpOf(connection, `{${prefix}}:`)
      expect(Object.keys(before).length).toBeGreaterThan(5)

      expect(await calls.add(make.record({ id: record.id }))).toBe('duplicate')
      expect(await calls.add(make.record({ lookups: ['new', 'taken'] }))).toBe('duplicate')
      expect(await calls.change({ ...record, version: 3 })).toBe('stale')
      expect(await calls.change(make.record({ version: 2 }))).toBe('stale')
      await expect(calls.add(make.record({ createdAtMs: Number.NaN }))).rejects.toThrow(TypeError)
      await expect(calls.add(make.record({ version: 1.5 }))).rejects.toThrow(TypeError)

      const takes = [take('other', 10n), take('spent', 20n)]
      const { id } = decision
      await expect(calls.reserve(make.decision({ id }), make.reservation({ takes }))).rejects.toThrow(
        'decision',
      )
      await expect(calls.reserve(make.decision({ atMs: Number.NaN }), null)).rejects.toThrow(TypeError)
      for (const odd of [{ amount: -1n }, { amount: 1 as never }, { ttlMs: Number.POSITIVE_INFINITY }]) {
        await expect(calls.reserve(make.decision(), make.reservation({ takes, ...odd }))).rejects.toThrow(
          TypeError,
        )
      }
      for (const odd of [
        take('spent', -1n),
        take('other', 10n),
        take('spent', 20n, { atMs: 1 }),
        take('spent', 20n, { fromMs: Number.NaN }),
        take('spent', 20n, { keepFromMs: Number.NaN }),
      ]) {
        const odds = make.reservation({ takes: [take('other', 10n), odd] })
        await expect(calls.reserve(make.decision(), odds)).rejects.toThrow(TypeError)
      }
      await expect(calls.settle({ id: asked.id, as: 'commit', amount: 11n })).rejects.toThrow(RangeError)
      await expect(calls.settle({ id: asked.id, as: 'commit', amount: -1n })).rejects.toThrow(TypeError)
      await expect(calls.decisions({ ...ACME, limit: 1, after: 'nothing' })).rejects.toThrow('cursor')
      expect(await dumpOf(connection, `{${prefix}}:`)).toEqual(before)
    }))

  it('is kept in one slot, whatever texts it is made of, and behind a prefix of the client', async () => {
    const own = 'ioredis with a prefix before every key'
    for (const driver of [nodeRedisDriver, ...allDrivers.filter(({ name }) => name === own)]) {
      await withConnection(driver, redisUrl, async (connection) => {
        const { calls, make, prefix } = openSpend(connection.client)
        for (const text of TEXTS) {
          const names = { accountId: text, agentId: text, mandateId: text, document: text }
          const record = make.record({ id: `id${text}`, accountId: text, parentId: text, lookups: [text] })
          expect(await calls.add({ ...record, document: text })).toBe('added')
          expect(await calls.find('agent', text)).toEqual({ ...record, document: text })
          const asked = make.reservation({ id: `res${text}`, accountId: text, takes: [take(text, 10n)] })
          const { decision } = await calls.reserve(make.decision({ ...names, id: `dec${text}` }), asked)
          expect(decision).toMatchObject(names)
          expect(await calls.decision(`dec${text}`)).toEqual(decision)
          expect(await calls.settle({ id: asked.id, as: 'commit' })).toMatchObject({ isNew: true })
        }
        const keys = await withConnection(nodeRedisDriver, redisUrl, ({ call }) => call('KEYS', '*'))
        const mine = (keys as string[]).filter((key) => key.includes(prefix))
        expect(mine.length).toBeGreaterThan(100)
        const client = driver === nodeRedisDriver ? '' : 'own-.*'
        const form = new RegExp(`^${client}\\{${prefix}\\}:`, 's')
        expect(mine.filter((key) => !form.test(key))).toEqual([])
      })
    }
  })
})
