import { type Kysely, type RawBuilder, sql } from 'kysely'
import { createIndex, textType } from './tables.js'

/** Makes the tables that spending is decided with. */
export async function createSpend(db: Kysely<never>): Promise<void> {
  const text = textType(db)
  await createRecords(db, text)
  await createBudgets(db, text)
  await createReservations(db, text)
  await createDecisions(db, text)
}

async function createRecords(db: Kysely<never>, text: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('sallyport_spend_record')
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('parent_id', text)
    .addColumn('lookups', text, (column) => column.notNull())
    .addColumn('created_at_ms', 'double precision', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('document', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('sallyport_spend_record_pkey', ['kind', 'id'])
    .execute()
  const order = ['created_at_ms', 'id']
  await createIndex(db, 'sallyport_spend_record', ['kind', 'account_id', ...order])
  await createIndex(db, 'sallyport_spend_record', ['kind', 'parent_id', ...order])
  await db.schema
    .createTable('sallyport_spend_lookup')
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('lookup_digest', text, (column) => column.notNull())
    .addColumn('record_id', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('sallyport_spend_lookup_pkey', ['kind', 'lookup_digest'])
    .execute()
  await createIndex(db, 'sallyport_spend_lookup', ['kind', 'record_id'])
}

async function createBudgets(db: Kysely<never>, text: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('sallyport_budget')
    .addColumn('budget_key', text, (column) => column.primaryKey())
    .execute()
  await db.schema
    .createTable('sallyport_tally')
    .addColumn('budget_key', text, (column) => column.notNull())
    .addColumn('at_ms', 'double precision', (column) => column.notNull())
    .addColumn('high', 'bigint', (column) => column.notNull())
    .addColumn('low', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('sallyport_tally_pkey', ['budget_key', 'at_ms'])
    .execute()
}

async function createReservations(db: Kysely<never>, text: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('sallyport_reservation')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('fingerprint', text, (column) => column.notNull())
    .addColumn('decision_id', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('amount', text, (column) => column.notNull())
    .addColumn('committed', text)
    .addColumn('on_expiry', text, (column) => column.notNull())
    .addColumn('created_at_ms', 'double precision', (column) => column.notNull())
    .addColumn('expires_at_ms', 'double precision', (column) => column.notNull())
    .addColumn('settled_at_ms', 'double precision')
    .addColumn('expired', 'integer', (column) => column.notNull())
    .addColumn('events', 'integer', (column) => column.notNull())
    .execute()
  // Only what is held: that is looked for by its time, and is little beside all that there ever was.
  await sql`create index sallyport_reservation_held_idx on sallyport_reservation (expires_at_ms) where state = 'held'`.execute(
    db,
  )
  await db.schema
    .createTable('sallyport_hold')
    .addColumn('reservation_id', text, (column) => column.notNull())
    .addColumn('budget_key', text, (column) => column.notNull())
    .addColumn('at_ms', 'double precision', (column) => column.notNull())
    .addColumn('measures', text, (column) => column.notNull())
    .addColumn('high', 'bigint', (column) => column.notNull())
    .addColumn('low', 'bigint', (column) => column.notNull())
    .addColumn('frees_at_ms', 'double precision')
    .addPrimaryKeyConstraint('sallyport_hold_pkey', ['reservation_id', 'budget_key'])
    .execute()
  await createIndex(db, 'sallyport_hold', ['budget_key', 'frees_at_ms'])
  await db.schema
    .createTable('sallyport_ledger')
    .addColumn('reservation_id', text, (column) => column.notNull())
    .addColumn('place', 'integer', (column) => column.notNull())
    .addColumn('event', text, (column) => column.notNull())
    .addColumn('at_ms', 'double precision', (column) => column.notNull())
    .addColumn('amount', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('sallyport_ledger_pkey', ['reservation_id', 'place'])
    .execute()
}

async function createDecisions(db: Kysely<never>, text: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('sallyport_decision')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('at_ms', 'double precision', (column) => column.notNull())
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('agent_id', text)
    .addColumn('mandate_id', text)
    .addColumn('outcome', text, (column) => column.notNull())
    .addColumn('document', text, (column) => column.notNull())
    .addColumn('reservation_id', text)
    .addColumn('exceeded', text, (column) => column.notNull())
    .addColumn('sums', text, (column) => column.notNull())
    .execute()
  for (const whose of ['account_id', 'agent_id', 'mandate_id']) {
    await createIndex(db, 'sallyport_decision', [whose, 'at_ms', 'id'])
  }
}
