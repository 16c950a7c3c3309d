import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { SallyportTables } from './schema.js'

/** Whether this is SQLite, and not PostgreSQL. */
export function isSqlite(db: Kysely<never> | Kysely<SallyportTables>): boolean {
  return !db.getExecutor().adapter.supportsTransactionalDdl
}

/** Text that is compared byte for byte, whatever the database's language: SQLite does so by itself. */
export function textType(db: Kysely<never>): RawBuilder<unknown> {
  return isSqlite(db) ? sql`text` : sql`text collate "C"`
}

/** Makes an index that is named after what it is on. */
export async function createIndex(
  db: Kysely<never>,
  table: string,
  columns: readonly string[],
): Promise<void> {
  const name = `${table}_${columns.join('_')}_idx`
  await db.schema
    .createIndex(name)
    .on(table)
    .columns([...columns])
    .execute()
}
