import { expect, it } from 'vitest'
import type { UsageCount } from '../../src/ports/store.js'
import { START_MS } from '../support/clock.js'
import { describeWithServer } from '../support/servers.js'
import { CALL, describeOnBoth, freshServer, upTo } from './sql-kit.js'

const counted = (at: number, count = 1): UsageCount => ({
  credentialId: `cred ${at % 10}`,
  hourMs: START_MS,
  route: `GET /${at % 7}`,
  outcome: at % 2 === 0 ? 'allowed' : 'rate_limited',
  count,
  lastUsedAtMs: START_MS + at,
})
const batch = (id: string, counts: readonly UsageCount[]) => ({ id, counts, forgetHoursBeforeMs: 0 })
const credentialIds = upTo(10).map((at) => `cred ${at}`)

describeWithServer('usage on PostgreSQL', 'postgres', () => {
  it('is added up by many instances at once, in whatever order they count, without a deadlock', async () => {
    const database = await freshServer()
    const stores = upTo(4).map(() => database.store())
    await Promise.all(stores.map((store) => store.migrate()))
    await Promise.all(
      upTo(80).map((at) => {
        // Each begins elsewhere, and every other one goes backwards.
        const counts = upTo(140).map((step) => counted((step * (at % 2 === 0 ? 1 : 139) + at * 17) % 140))
        return stores[at % 4]?.addUsage(batch(`batch ${at}`, counts), CALL)
      }),
    )
    const sums = await stores[0]?.readUsage({ credentialIds }, CALL)
    expect(sums?.reduce((sum, { count }) => sum + count, 0)).toBe(80 * 140)
    // A session says what it has met when it ends.
    await database.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
    const [row] = await database.query(
      'select deadlocks from pg_stat_database where datname = current_database()',
    )
    expect(Number(row?.deadlocks)).toBe(0)
  })
})

describeOnBoth('usage', (fresh) => {
  it('is counted as whole numbers beyond 32 bits, and refused where they are not exact any more', async () => {
    const database = await fresh()
    const store = database.store()
    await store.addUsage(batch('one', [counted(0, 2 ** 52)]), CALL)
    const sums = await store.readUsage({ credentialIds, hoursSinceMs: START_MS }, CALL)
    expect(sums.map(({ hourMs, count }) => [hourMs, count]).sort()).toEqual([
      [null, 2 ** 52],
      [START_MS, 2 ** 52],
    ])
    await store.addUsage(batch('two', [counted(0, 2 ** 52)]), CALL)
    await expect(store.readUsage({ credentialIds }, CALL)).rejects.toThrow('not a whole one')
  })

  it('is added whole or not at all, and once where the first try has failed', async () => {
    const database = await fresh()
    const store = database.store()
    const [first, second] = [counted(0), counted(1)]
    const broken = { ...second, count: Number.NaN }
    await expect(store.addUsage(batch('one', [first, broken]), CALL)).rejects.toThrow()
    expect(await store.readUsage({ credentialIds }, CALL)).toEqual([])
    for (const _ of upTo(3)) await store.addUsage(batch('one', [first, second]), CALL)
    const sums = await store.readUsage({ credentialIds }, CALL)
    expect(sums.map(({ count }) => count)).toEqual([1, 1])
  })

  it('is read for any number of credentials, and from any time on', async () => {
    const store = (await fresh()).store()
    await store.addUsage(batch('one', [counted(0)]), CALL)
    const many = [...upTo(2_500).map((at) => `other ${at}`), ...credentialIds, ...credentialIds]
    expect(await store.readUsage({ credentialIds: many }, CALL)).toHaveLength(1)
    expect(await store.readUsage({ credentialIds: [], hoursSinceMs: 0 }, CALL)).toEqual([])
    const hoursFrom = async (hoursSinceMs: number) =>
      (await store.readUsage({ credentialIds, hoursSinceMs }, CALL)).filter(({ hourMs }) => hourMs !== null)
    const times = [-Infinity, -1, 0, START_MS - 0.5, START_MS, START_MS + 0.5, Infinity]
    const found = await Promise.all(times.map(hoursFrom))
    expect(found.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 0, 0])
  })
})
