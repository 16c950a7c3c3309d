import { loadPackage } from './load-package.js'
import type { OpenedStore, OpenSettings } from './opened-store.js'

const PACKAGES = 'pg kysely'
const CONNECTIONS = 2

/** Opens a store in PostgreSQL. Its tables are made by `sallyport migrate` alone. */
export async function openPostgres(
  url: string,
  { sealingKeys, timeoutMs }: OpenSettings,
): Promise<OpenedStore> {
  const { default: pg } = await loadPackage(() => import('pg'), PACKAGES)
  const { Kysely, PostgresDialect } = await loadPackage(() => import('kysely'), PACKAGES)
  const { sqlStore } = await import('../stores/sql.js')
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: Math.min(timeoutMs, 10_000),
    query_timeout: timeoutMs,
    application_name: 'sallyport',
  })
  // Whatever is lost is told by the query that fails of it.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const kysely = new Kysely({ dialect: new PostgresDialect({ pool }) })
  const store = sqlStore(kysely, { sealingKeys, migrate: false })

  async function readOne(statement: string, values: readonly string[] = []): Promise<unknown> {
    const { rows } = await pool.query<{ value: unknown }>(statement, [...values])
    return rows[0]?.value
  }

  return {
    kind: 'postgres',
    store,
    migrate: () => store.migrate(),
    async setting(name) {
      const value = await readOne('select current_setting($1, true) as value', [name])
      return typeof value === 'string' ? value : undefined
    },
    serverMs: async () =>
      Number(await readOne('select extract(epoch from clock_timestamp()) * 1000 as value')),
    async close() {
      await store.close()
      await kysely.destroy()
    },
  }
}
