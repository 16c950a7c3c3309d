import { type Kysely, type RawBuilder, sql } from 'kysely'
import { changeOfCredential } from '../../credentials/revocation.js'
import type { Clock } from '../../ports/clock.js'
import type { Change, ChangePage, Store } from '../../ports/store.js'
import type { Database, Step, Tables } from './database.js'
import { type SallyportTables, wholeNumber } from './schema.js'
import { readable, storable } from './text.js'

const HOUR_MS = 3_600_000
const PAGE = 1_000
const FORGOTTEN_AT_ONCE = 5_000

/**
 * The place of the change that this step makes. It is its first statement: the row stays locked until the step is
 * committed, so that steps come one after the other and places are committed in their order. That makes exact what a
 * step looks up before it writes, too.
 */
export async function takePlace(db: Step): Promise<number> {
  const { seq } = await db
    .updateTable('sallyport_sequence')
    .set((expression) => ({ seq: expression('seq', '+', 1) }))
    .where('id', '=', 1)
    .returning('seq')
    .executeTakeFirstOrThrow()
  return wholeNumber(seq)
}

/** Tells of a change: in the place of an earlier one of the same kind and id, and for no shorter than that. */
export async function tell(db: Step, place: number, change: Change, nowMs: number): Promise<void> {
  const { kind, id, atMs, untilMs } = change
  await db
    .insertInto('sallyport_change')
    .values({
      kind,
      id: storable(id),
      seq: place,
      at_ms: atMs,
      until_ms: untilMs,
      keep_until_ms: Math.max(untilMs, nowMs) + HOUR_MS,
    })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'id']).doUpdateSet({
        seq: (expression) => expression.ref('excluded.seq'),
        // Later than before, also where the clock of this instance is behind.
        at_ms: sql<number>`case when excluded.at_ms > sallyport_change.at_ms then excluded.at_ms else sallyport_change.at_ms + 1 end`,
        until_ms: larger('sallyport_change', 'until_ms'),
        keep_until_ms: larger('sallyport_change', 'keep_until_ms'),
      }),
    )
    .execute()
}

/** Tells that a credential was added or changed. */
export async function tellOfCredential(db: Step, place: number, id: string, clock: Clock): Promise<void> {
  const nowMs = clock.wallMs()
  await tell(db, place, changeOfCredential(id, nowMs), nowMs)
}

/** In an upsert: the larger of what is there and what comes. SQLite's `max` and PostgreSQL's `greatest` differ. */
export function larger(table: keyof SallyportTables, column: string): RawBuilder<number> {
  const [known, coming] = [sql.ref(`${table}.${column}`), sql.ref(`excluded.${column}`)]
  return sql<number>`case when ${coming} > ${known} then ${coming} else ${known} end`
}

/** Answers what was changed. */
export function createChangeFeed(database: Database): Store['changesSince'] {
  return async (cursor, options) => {
    const after = cursor === null ? 0 : placeOf(cursor)
    const page = await database.ask((db) => readPage(db, after), options)
    // The database is behind what it told before: an older copy of it has been put in its place.
    return page.headPlace < after ? (await database.ask((db) => readPage(db, 0), options)).page : page.page
  }
}

// The head and the changes are read by one statement: there is nothing between the last of them and the head.
async function readPage(
  db: Kysely<SallyportTables>,
  after: number,
): Promise<{ readonly page: ChangePage; readonly headPlace: number }> {
  const rows = await db
    .selectFrom('sallyport_sequence as head')
    .leftJoin('sallyport_change as change', (join) => join.on('change.seq', '>', after))
    .select(['head.seq as head', 'change.kind', 'change.id', 'change.seq', 'change.at_ms', 'change.until_ms'])
    .where('head.id', '=', 1)
    .orderBy('change.seq')
    .limit(PAGE + 1)
    .execute()
  const [first] = rows
  if (first === undefined) throw new Error('the row of sallyport_sequence is missing')
  const headPlace = wholeNumber(first.head)
  const changes = rows.slice(0, PAGE).flatMap((row) => readChange(row) ?? [])
  const hasMore = rows.length > PAGE
  const lastPlace = hasMore ? wholeNumber(rows[PAGE - 1]?.seq ?? headPlace) : headPlace
  return { page: { changes, cursor: String(lastPlace), hasMore }, headPlace }
}

interface ChangeRow {
  readonly kind: string | null
  readonly id: string | null
  readonly at_ms: number | null
  readonly until_ms: number | null
}

function readChange({ kind, id, at_ms, until_ms }: ChangeRow): Change | undefined {
  if (kind === null || id === null) return undefined
  return { kind: kind as Change['kind'], id: readable(id), atMs: Number(at_ms), untilMs: Number(until_ms) }
}

function placeOf(cursor: string): number {
  const place = Number(cursor)
  if (!/^\d+$/.test(cursor) || !Number.isSafeInteger(place)) throw new Error('this is no cursor of the store')
  return place
}

/**
 * Forgets changes that nobody has to hear of any more.
 *
 * @returns Whether there may be more.
 */
export async function forgetChanges(db: Tables, nowMs: number): Promise<boolean> {
  const over = db
    .selectFrom('sallyport_change')
    .select('seq')
    .where('keep_until_ms', '<', nowMs)
    .limit(FORGOTTEN_AT_ONCE)
  const { numDeletedRows } = await db
    .deleteFrom('sallyport_change')
    // By its place: what is told of anew between the two has another one.
    .where('seq', 'in', over)
    .executeTakeFirstOrThrow()
  return numDeletedRows >= FORGOTTEN_AT_ONCE
}
