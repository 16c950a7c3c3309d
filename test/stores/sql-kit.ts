/** The databases that the SQL store runs on, for tests that look behind it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely, type KyselyConfig, PostgresDialect } from 'kysely'
import Sqlite from 'libsql'
import { Client, Pool, type PoolConfig } from 'pg'
import type { CallOptions } from 'sallyport'
import { type SqlStore, type SqlStoreOptions, sqlStore } from 'sallyport/stores/sql'
import { sqliteStore } from 'sallyport/stores/sqlite'
import { describe, onTestFinished } from 'vitest'
import { SEALING_KEY } from '../harness/stores/sealing-key.js'
import { describeWithServer, freshDatabase } from '../support/servers.js'

export { SEALING_KEY }
export const OTHER_KEY = Buffer.alloc(32, 9).toString('base64')
export const CALL: CallOptions = { signal: new AbortController().signal }

export type Row = Readonly<Record<string, unknown>>
export type StoreOptions = Partial<Omit<SqlStoreOptions, 'migrate'>>

/** An empty database. It is gone when the test is. */
export interface TestDatabase {
  /** Opens one more instance. */
  store(options?: StoreOptions): SqlStore
  /** Resolves once what a store does beside its calls is done. */
  settled(store: SqlStore): Promise<void>
  /** Asks past every store. */
  query(statement: string): Promise<readonly Row[]>
}

export interface TestFile extends TestDatabase {
  readonly file: string
  /** A connection of one's own. */
  connect(): Sqlite.Database
}

export interface TestServer extends TestDatabase {
  readonly url: string
  /** A session of one's own. */
  connect(): Promise<Client>
  pool(config?: PoolConfig): Pool
  kysely(config?: Partial<KyselyConfig> & { readonly pool?: Pool }): Kysely<unknown>
}

/** An empty SQLite file. */
export async function freshFile(): Promise<TestFile> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-sql-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'store.db')
  const connect = () => {
    const connection = new Sqlite(file, { timeout: 5_000 })
    onTestFinished(() => {
      connection.close()
    })
    return connection
  }
  return {
    file,
    connect,
    store(options) {
      const store = sqliteStore({ file, sealingKeys: [SEALING_KEY], ...options })
      onTestFinished(() => store.close())
      return store
    },
    // What waits for nothing from outside is over when the event loop turns.
    settled: () => new Promise((resolve) => setImmediate(resolve)),
    query: async (statement) => {
      const prepared = connect().prepare(statement)
      if (prepared.reader) return prepared.all() as Row[]
      prepared.run()
      return []
    },
  }
}

/** An empty database of this run's PostgreSQL. */
export async function freshServer(): Promise<TestServer> {
  const { url, drop } = await freshDatabase()
  onTestFinished(drop)
  const connect = async () => {
    const client = new Client(url)
    client.on('error', () => {})
    await client.connect()
    onTestFinished(() => client.end())
    return client
  }
  const openPool = (config: PoolConfig = {}) => {
    const pool = new Pool({ connectionString: url, max: 4, ...config })
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    onTestFinished(() => pool.end())
    return pool
  }
  const kysely: TestServer['kysely'] = ({ pool = openPool(), ...config } = {}) =>
    new Kysely<unknown>({ dialect: new PostgresDialect({ pool }), ...config })
  return {
    url,
    connect,
    pool: openPool,
    kysely,
    store: (options) => sqlStore(kysely(), { sealingKeys: [SEALING_KEY], ...options }),
    // Waits, and leaves the host's Kysely open.
    settled: (store) => store.close(),
    query: async (statement) => (await (await connect()).query<Row>(statement)).rows,
  }
}

/** Says the same of the store on either database. */
export function describeOnBoth(name: string, tests: (fresh: () => Promise<TestDatabase>) => void): void {
  describe(`${name} (SQLite)`, () => tests(freshFile))
  describeWithServer(`${name} (PostgreSQL)`, 'postgres', () => tests(freshServer))
}

/** How many rows a table has. */
export async function countOf(database: TestDatabase, table: string): Promise<number> {
  const [row] = await database.query(`select count(*) as count from ${table}`)
  return Number(row?.count)
}

/** The numbers from 0 on. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at)
}
