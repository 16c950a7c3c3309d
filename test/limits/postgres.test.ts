import pg, { Pool } from 'pg'
import { postgresLimits } from 'sallyport/limits'
import { expect, it, onTestFinished, vi } from 'vitest'
import { describeWithServer, type FreshDatabase, freshDatabase } from '../support/servers.js'
import { eventually, passing, take } from './kit.js'

const limit = { requests: 1, windowSeconds: 60 }
const options = { account: limit, onOutage: 'refuse' } as const

interface Opened {
  readonly database: FreshDatabase
  readonly pool: Pool
}

async function open(config: ConstructorParameters<typeof Pool>[0] = {}): Promise<Opened> {
  const database = await freshDatabase()
  const pool = new Pool({ connectionString: database.url, max: 4, ...config })
  // Sessions that the drop ends.
  pool.on('error', () => undefined)
  onTestFinished(async () => {
    await pool.end()
    await database.drop()
  })
  return { database, pool }
}

const rowsOf = async (pool: Pool, table = 'sallyport_limits') =>
  (await pool.query<{ key: string }>(`select key from ${table} order by key`)).rows

describeWithServer('limits in PostgreSQL', 'postgres', () => {
  it('make their table once, whoever comes first', async () => {
    const { pool } = await open()
    const instances = Array.from({ length: 8 }, () => postgresLimits(pool, options))
    const verdicts = await Promise.all(instances.map((limits) => take(limits)))
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(1)
    expect(await rowsOf(pool)).toEqual([{ key: 'account:1/60:acme' }])
  })

  it('use a table that is there already, in a role that may not make one', async () => {
    const { database, pool } = await open()
    await take(postgresLimits(pool, { ...options, tableName: 'shared_limits' }))
    const role = `limited_${new URL(database.url).pathname.slice(1)}`
    await pool.query(`create role ${role} login`)
    await pool.query(`grant select, insert, update, delete on shared_limits to ${role}`)
    await pool.query('revoke create on schema public from public')
    const url = new URL(database.url)
    url.username = role
    const limited = new Pool({ connectionString: url.href })
    try {
      const limits = postgresLimits(limited, { ...options, tableName: 'shared_limits' })
      expect(await take(limits)).toMatchObject({ allowed: false })
      await expect(take(postgresLimits(limited, options))).rejects.toThrow('permission denied')
    } finally {
      await limited.end()
      await pool.query(`drop owned by ${role}`)
      await pool.query(`drop role ${role}`)
    }
  })

  it('make their table again where it was dropped', async () => {
    const { pool } = await open()
    const limits = postgresLimits(pool, options)
    await take(limits)
    await pool.query('drop table sallyport_limits')
    await expect(take(limits)).rejects.toThrow('does not exist')
    expect(await take(limits)).toMatchObject({ allowed: true })
    expect(await take(limits)).toMatchObject({ allowed: false })
  })

  it('try again where the table could not be made', async () => {
    const { pool } = await open()
    await pool.query('create type sallyport_limits as enum ()')
    const limits = postgresLimits(pool, options)
    await expect(take(limits)).rejects.toBeInstanceOf(Error)
    await pool.query('drop type sallyport_limits')
    expect(await take(limits)).toMatchObject({ allowed: true })
  })

  it('wait for a table no longer than the caller does, and no caller for the one before', async () => {
    const { pool } = await open({ max: 1 })
    const limits = postgresLimits(pool, options)
    const busy = await pool.connect()
    const { signal } = new AbortController()
    const hurried = Promise.resolve(limits.take('account', 'acme', { signal, timeoutMs: 20 }))
    await expect(hurried).rejects.toThrow('no answer within 20 ms')
    busy.release()
    expect(await take(limits)).toMatchObject({ allowed: true })
  })

  it('count where the host reads 64-bit integers as bigint', async () => {
    const { INT8 } = pg.types.builtins
    const before = pg.types.getTypeParser(INT8)
    pg.types.setTypeParser(INT8, BigInt)
    onTestFinished(() => pg.types.setTypeParser(INT8, before))
    const { pool } = await open()
    expect(await passing(3, () => take(postgresLimits(pool, options)))).toBe(1)
  })

  it('reject rather than let everybody pass where a count cannot be read', async () => {
    const { pool } = await open()
    const blind = { query: async () => ({ rows: [{ points: Number.NaN, expire: Date.now() + 1_000 }] }) }
    await take(postgresLimits(pool, options))
    await expect(take(postgresLimits(blind, options))).rejects.toThrow('no count')
  })

  it('delete what ended long ago, and keep no process alive for it', async () => {
    const { pool } = await open({ idleTimeoutMillis: 0 })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const spy = vi.spyOn(globalThis, 'setTimeout')
    const limits = postgresLimits(pool, { ...options, failures: limit })
    const sweeps = spy.mock.results.map(({ value }) => value as NodeJS.Timeout)
    expect(sweeps.map((timer) => timer.hasRef())).toEqual([false])
    await take(limits)
    await take(limits, '192.0.2.1', 'failures')
    await vi.advanceTimersByTimeAsync(60 * 60 * 1_000)
    expect(await rowsOf(pool)).toHaveLength(2)
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(5 * 60 * 1_000)
      expect(await rowsOf(pool)).toEqual([])
    }, eventually)
  })
})
