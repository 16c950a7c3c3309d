import type { SpendRecord, SpendRecordKind, SpendRecordQuery, SpendStore } from '../../ports/spend-store.js'
import type { Database, Step, Tables } from './database.js'
import { pageOf, placeOf } from './pages.js'
import type { SpendRecordTable } from './spend-schema.js'
import { digestOf, readable, storable } from './text.js'

type RecordVerbs = Pick<
  SpendStore,
  'addSpendRecord' | 'readSpendRecord' | 'findSpendRecord' | 'listSpendRecords' | 'changeSpendRecord'
>

/** Undoes a step that has found something taken. */
class Taken extends Error {}

/** Records that say who may spend what. */
export function createSpendRecords(database: Database): RecordVerbs {
  async function unlessTaken<T>(work: () => Promise<T>): Promise<T | 'duplicate'> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof Taken) return 'duplicate'
      throw error
    }
  }

  return {
    addSpendRecord: (record, options) =>
      unlessTaken(() =>
        database.step(async (db): Promise<'added'> => {
          await insertRecord(db, record)
          await insertLookups(db, record)
          return 'added'
        }, options),
      ),

    async readSpendRecord(kind, id, options) {
      if (typeof id !== 'string') return undefined
      const row = await database.ask((db) => readRow(db, kind, id), options)
      return row && recordOf(row)
    },

    async findSpendRecord(kind, lookup, options) {
      const row = await database.ask((db) => findRow(db, kind, lookup), options)
      return row && recordOf(row)
    },

    async listSpendRecords(query, options) {
      const rows = await database.ask((db) => listRows(db, query), options)
      const page = pageOf(rows.map(recordOf), query.limit, ({ createdAtMs, id }) => `${createdAtMs}:${id}`)
      return { records: page.items, next: page.next }
    },

    changeSpendRecord: (record, options) =>
      unlessTaken(() =>
        database.step(async (db): Promise<'changed' | 'stale'> => {
          if (!(await replaceRecord(db, record))) return 'stale'
          await db
            .deleteFrom('sallyport_spend_lookup')
            .where('kind', '=', record.kind)
            .where('record_id', '=', storable(record.id))
            .execute()
          await insertLookups(db, record)
          return 'changed'
        }, options),
      ),
  }
}

async function insertRecord(db: Step, record: SpendRecord): Promise<void> {
  const made = await db
    .insertInto('sallyport_spend_record')
    .values(rowOf(record))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute()
  if (made.length === 0) throw new Taken()
}

async function replaceRecord(db: Step, record: SpendRecord): Promise<boolean> {
  const row = rowOf(record)
  const { numUpdatedRows } = await db
    .updateTable('sallyport_spend_record')
    .set(row)
    .where('kind', '=', row.kind)
    .where('id', '=', row.id)
    .where('version', '=', row.version - 1)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

// In one order: steps that put the same in at once wait for one another in that order.
async function insertLookups(db: Step, { kind, id, lookups }: SpendRecord): Promise<void> {
  const digests = [...new Set(lookups.map(digestOf))].sort()
  if (digests.length === 0) return
  const made = await db
    .insertInto('sallyport_spend_lookup')
    .values(digests.map((lookup_digest) => ({ kind, lookup_digest, record_id: storable(id) })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('lookup_digest')
    .execute()
  if (made.length < digests.length) throw new Taken()
}

async function readRow(db: Tables, kind: SpendRecordKind, id: string): Promise<SpendRecordTable | undefined> {
  return db
    .selectFrom('sallyport_spend_record')
    .selectAll()
    .where('kind', '=', kind)
    .where('id', '=', storable(id))
    .executeTakeFirst()
}

async function findRow(
  db: Tables,
  kind: SpendRecordKind,
  lookup: string,
): Promise<SpendRecordTable | undefined> {
  return db
    .selectFrom('sallyport_spend_lookup as asked')
    .innerJoin('sallyport_spend_record as record', (join) =>
      join.onRef('record.kind', '=', 'asked.kind').onRef('record.id', '=', 'asked.record_id'),
    )
    .selectAll('record')
    .where('asked.kind', '=', kind)
    .where('asked.lookup_digest', '=', digestOf(lookup))
    .executeTakeFirst()
}

// One more than is asked for says whether there are more.
async function listRows(
  db: Tables,
  { kind, accountId, parentId, after, limit }: SpendRecordQuery,
): Promise<SpendRecordTable[]> {
  let rows = db
    .selectFrom('sallyport_spend_record')
    .selectAll()
    .where('kind', '=', kind)
    .where('account_id', '=', storable(accountId))
    .orderBy('created_at_ms')
    .orderBy('id')
    .limit(limit + 1)
  if (parentId !== undefined) rows = rows.where('parent_id', '=', storable(parentId))
  if (after !== undefined) {
    const { ms, id } = placeOf(after)
    rows = rows.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at_ms', 'id'), '>', tuple(ms, storable(id))),
    )
  }
  return rows.execute()
}

function rowOf(record: SpendRecord): SpendRecordTable {
  return {
    kind: record.kind,
    id: storable(record.id),
    account_id: storable(record.accountId),
    parent_id: record.parentId === null ? null : storable(record.parentId),
    lookups: storable(JSON.stringify(record.lookups)),
    created_at_ms: record.createdAtMs,
    version: record.version,
    document: storable(record.document),
  }
}

function recordOf(row: SpendRecordTable): SpendRecord {
  return {
    kind: row.kind as SpendRecordKind,
    id: readable(row.id),
    accountId: readable(row.account_id),
    parentId: row.parent_id === null ? null : readable(row.parent_id),
    lookups: JSON.parse(readable(row.lookups)) as string[],
    createdAtMs: row.created_at_ms,
    version: row.version,
    document: readable(row.document),
  }
}
