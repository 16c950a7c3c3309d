import { type Kysely, type Migration, Migrator, type RawBuilder, sql } from 'kysely'
import { retrying } from './retry.js'
import type { SallyportTables } from './schema.js'
import { createSpend } from './spend-tables.js'
import { createIndex, isSqlite, textType } from './tables.js'

const MIGRATION_TABLE = 'sallyport_migration'
const LOCK_TABLE = 'sallyport_migration_lock'

/** A name is never changed and never comes before an earlier one. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_store': { up: createStore },
  '0002_spend': { up: createSpend },
}

/** Makes the tables, or brings them up to date. Any number of instances may do so at once. */
export async function migrateToLatest(db: Kysely<SallyportTables>): Promise<void> {
  if (await isUpToDate(db)) return
  const inOneStep = isSqlite(db) ? migrateAlone : migrate
  await retrying(() => db.connection().execute(inOneStep))
}

/**
 * Whether every migration that this code knows has been made. Then nothing is locked or created, which a role that may
 * not is spared; and code that is older than the tables goes on working while it is being replaced.
 */
async function isUpToDate(db: Kysely<SallyportTables>): Promise<boolean> {
  try {
    const made = await db
      .withTables<{ [MIGRATION_TABLE]: { name: string } }>()
      .selectFrom(MIGRATION_TABLE)
      .select('name')
      .execute()
    const names = new Set(made.map(({ name }) => name))
    return Object.keys(MIGRATIONS).every((name) => names.has(name))
  } catch {
    // Most likely the table is missing. Whatever else it is, migrating fails of it too, and says so.
    return false
  }
}

/** Kysely's migrator locks nothing on SQLite: the lock is ours, and with it all happens or nothing. */
async function migrateAlone(db: Kysely<SallyportTables>): Promise<void> {
  await sql`begin immediate`.execute(db)
  try {
    await migrate(db)
    await sql`commit`.execute(db)
  } catch (error) {
    await sql`rollback`.execute(db)
    throw error
  }
}

async function migrate(db: Kysely<SallyportTables>): Promise<void> {
  await createBookkeeping(db)
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: LOCK_TABLE,
  })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
}

// As the migrator makes them. It would not where another schema of the database has tables of these names.
async function createBookkeeping(db: Kysely<SallyportTables>): Promise<void> {
  const migrations = db.schema
    .createTable(MIGRATION_TABLE)
    .ifNotExists()
    .addColumn('name', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('timestamp', 'varchar(255)', (column) => column.notNull())
  const lock = db.schema
    .createTable(LOCK_TABLE)
    .ifNotExists()
    .addColumn('id', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('is_locked', 'integer', (column) => column.notNull().defaultTo(0))
  for (const table of [migrations, lock]) {
    // PostgreSQL lets one of two sessions fail that make the same table at once. The other has made it then.
    await table.execute().catch(() => table.execute())
  }
}

async function createStore(db: Kysely<never>): Promise<void> {
  const text = textType(db)
  await createCredentials(db, text)
  await createChanges(db, text)
  await createCounts(db, text)
}

async function createCredentials(db: Kysely<never>, text: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('sallyport_credential')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('wallets', text, (column) => column.notNull())
    .addColumn('role', text)
    .addColumn('scopes', text, (column) => column.notNull())
    .addColumn('environment', text)
    .addColumn('expires_at_ms', 'double precision')
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('name', text)
    .addColumn('created_at_ms', 'double precision', (column) => column.notNull())
    .addColumn('created_by', text)
    .addColumn('rotated_at_ms', 'double precision')
    .addColumn('revoked_at_ms', 'double precision')
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('digest', text)
    .addColumn('prefix', text)
    .addColumn('last_four', text)
    .addColumn('key_id', text)
    .addColumn('secret', text)
    .addColumn('older_digest', text)
    .addColumn('older_secret', text)
    .addColumn('older_until_ms', 'double precision')
    .execute()
  await createIndex(db, 'sallyport_credential', ['created_at_ms', 'id'])
  await createIndex(db, 'sallyport_credential', ['account_id', 'created_at_ms', 'id'])
  await db.schema
    .createTable('sallyport_lookup')
    .addColumn('lookup', text, (column) => column.primaryKey())
    .addColumn('credential_id', text, (column) => column.notNull().references('sallyport_credential.id'))
    .execute()
  await createIndex(db, 'sallyport_lookup', ['credential_id'])
  await db.schema
    .createTable('sallyport_credential_wallet')
    .addColumn('wallet', text, (column) => column.notNull())
    .addColumn('credential_id', text, (column) => column.notNull().references('sallyport_credential.id'))
    .addPrimaryKeyConstraint('sallyport_credential_wallet_pkey', ['wallet', 'credential_id'])
    .execute()
  await createIndex(db, 'sallyport_credential_wallet', ['credential_id'])
}

async function createChanges(db: Kysely<never>, text: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('sallyport_sequence')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .execute()
  await sql`insert into sallyport_sequence (id, seq) values (1, 0)`.execute(db)
  await db.schema
    .createTable('sallyport_change')
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('at_ms', 'double precision', (column) => column.notNull())
    .addColumn('until_ms', 'double precision', (column) => column.notNull())
    .addColumn('keep_until_ms', 'double precision', (column) => column.notNull())
    .addPrimaryKeyConstraint('sallyport_change_pkey', ['kind', 'id'])
    .addUniqueConstraint('sallyport_change_seq_key', ['seq'])
    .execute()
  await createIndex(db, 'sallyport_change', ['keep_until_ms'])
}

async function createCounts(db: Kysely<never>, text: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('sallyport_claim')
    .addColumn('key_digest', text, (column) => column.primaryKey())
    .addColumn('expires_at_ms', 'double precision', (column) => column.notNull())
    .execute()
  await createIndex(db, 'sallyport_claim', ['expires_at_ms'])
  await db.schema
    .createTable('sallyport_usage')
    .addColumn('credential_id', text, (column) => column.notNull())
    .addColumn('hour_ms', 'bigint', (column) => column.notNull())
    .addColumn('route', text, (column) => column.notNull())
    .addColumn('outcome', text, (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at_ms', 'double precision', (column) => column.notNull())
    .addPrimaryKeyConstraint('sallyport_usage_pkey', ['credential_id', 'hour_ms', 'route', 'outcome'])
    .execute()
  await createIndex(db, 'sallyport_usage', ['hour_ms'])
  await db.schema
    .createTable('sallyport_usage_batch')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('added_at_ms', 'double precision', (column) => column.notNull())
    .execute()
  await createIndex(db, 'sallyport_usage_batch', ['added_at_ms'])
}
