import type { SqlStore } from 'sallyport/stores/sql'
import { expect, it, vi } from 'vitest'
import { manualClock, START_MS } from '../support/clock.js'
import { describeWithServer } from '../support/servers.js'
import { CALL, countOf, describeOnBoth, freshServer, type TestDatabase, upTo } from './sql-kit.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

async function countWhenSettled(database: TestDatabase, store: SqlStore, table: string): Promise<number> {
  await database.settled(store)
  return countOf(database, `sallyport_${table}`)
}

describeOnBoth('what is over', (fresh) => {
  it('is forgotten a day later where it was claimed, and no sooner', async () => {
    const database = await fresh()
    const clock = manualClock()
    const store = database.store({ clock })
    for (const at of upTo(3)) await store.claim(`key ${at}`, START_MS + 1_000 + at, CALL)
    await database.settled(store)
    clock.advance(DAY + 1_000)
    expect(await store.claim('key 0', 0, CALL)).toBe(false)
    expect(await countWhenSettled(database, store, 'claim')).toBe(3)
    clock.advance(60_000)
    expect(await store.claim('another', START_MS + 9 * DAY, CALL)).toBe(true)
    expect(await countWhenSettled(database, store, 'claim')).toBe(1)
    expect(await store.claim('key 0', START_MS + 9 * DAY, CALL)).toBe(true)
    clock.stepWall(-2 * DAY)
    expect(await store.claim('another', START_MS + 9 * DAY, CALL)).toBe(false)
  })

  it('is looked for once a minute, and after a second where one round has left something over', async () => {
    const database = await fresh()
    const clock = manualClock()
    const store = database.store({ clock })
    const claim = async (key: string) => {
      expect(await store.claim(key, START_MS + 9 * DAY, CALL)).toBe(true)
      return countWhenSettled(database, store, 'claim')
    }
    await store.migrate()
    const over = upTo(5_100).map((at) => `('old ${at}', 0)`)
    await database.query(`insert into sallyport_claim values ${over.join()}`)
    expect(await claim('first')).toBe(101)
    clock.advance(999)
    expect(await claim('second')).toBe(102)
    clock.advance(1)
    expect(await claim('third')).toBe(3)
    await database.query(`insert into sallyport_claim values ('old', 0)`)
    clock.advance(59_999)
    expect(await claim('fourth')).toBe(5)
    clock.advance(1)
    expect(await claim('fifth')).toBe(5)
  })

  it('is told of for an hour more where it was a change, and for an hour where it was over before', async () => {
    const database = await fresh()
    const clock = manualClock()
    const store = database.store({ clock })
    const end = async (id: string, untilMs: number) => {
      await store.revokeCredentials({ kind: 'session', id, atMs: START_MS - DAY, untilMs }, CALL)
      await database.settled(store)
    }
    const told = async () => (await store.changesSince(null, CALL)).changes.map(({ id }) => id)
    await end('over before', START_MS - DAY)
    await end('ends soon', START_MS + 1_000)
    await end('ends late', START_MS + DAY)
    await end('told of again', START_MS)
    clock.advance(HOUR)
    await end('another', START_MS)
    expect(await told()).toEqual(['over before', 'ends soon', 'ends late', 'told of again', 'another'])
    await end('told of again', START_MS + 2 * DAY)
    clock.advance(60_001)
    await end('one more', START_MS)
    expect(await told()).toEqual(['ends late', 'another', 'told of again', 'one more'])
    clock.advance(2 * DAY)
    await end('last', START_MS)
    expect(await told()).toEqual(['last'])
  })

  it('takes its hours and its batches with it where it was usage, and leaves the sums', async () => {
    const database = await fresh()
    const clock = manualClock()
    const store = database.store({ clock })
    const hours = upTo(4).map((at) => START_MS + at * HOUR)
    const common = { credentialId: 'cred', route: 'GET /', outcome: 'allowed', count: 1 }
    const counts = hours.map((hourMs) => ({ ...common, hourMs, lastUsedAtMs: hourMs + 1 }))
    await store.addUsage({ id: 'batch', counts, forgetHoursBeforeMs: START_MS }, CALL)
    expect(await countWhenSettled(database, store, 'usage')).toBe(5)
    clock.advance(HOUR + 1)
    const forgetHoursBeforeMs = START_MS + 2 * HOUR
    for (const left of [4, 3, 3]) {
      await store.addUsage({ id: `left ${left}`, counts: [], forgetHoursBeforeMs }, CALL)
      expect(await countWhenSettled(database, store, 'usage')).toBe(left)
      clock.advance(1_000)
    }
    expect(await countOf(database, 'sallyport_usage_batch')).toBe(2)
    const sums = await store.readUsage({ credentialIds: ['cred'], hoursSinceMs: 0 }, CALL)
    expect(sums.map(({ hourMs, count }) => [hourMs, count]).sort()).toEqual([
      [null, 4],
      [hours[2], 1],
      [hours[3], 1],
    ])
  })

  it('hinders no call where it cannot be removed', async () => {
    const database = await fresh()
    const clock = manualClock()
    const store = database.store({ clock })
    await store.migrate()
    await database.query('alter table sallyport_usage_batch rename to sallyport_elsewhere')
    for (const at of upTo(3)) {
      expect(await store.claim(`key ${at}`, START_MS, CALL)).toBe(true)
      await database.settled(store)
      clock.advance(60_000)
    }
    await database.query('alter table sallyport_elsewhere rename to sallyport_usage_batch')
  })
})

describeWithServer('a change that is over', 'postgres', () => {
  it('is not forgotten where another instance tells of it anew at that very moment', async () => {
    const database = await freshServer()
    const store = database.store()
    await store.migrate()
    await database.query(
      `insert into sallyport_change values ('session', 's', 1, 1, 1, 1), ('session', 't', 2, 1, 1, 1)`,
    )
    const other = await database.connect()
    await other.query('begin')
    await other.query(`update sallyport_change set seq = 3, keep_until_ms = 9e15 where id = 's'`)
    await store.claim('key', 1, CALL)
    const watcher = await database.connect()
    await vi.waitFor(async () => {
      const { rows } = await watcher.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      expect(rows).toHaveLength(1)
    })
    await other.query('commit')
    await database.settled(store)
    expect(await database.query('select id from sallyport_change')).toEqual([{ id: 's' }])
  })
})
