import type { Clock } from '../../ports/clock.js'
import type { Store, UsageCount, UsageSum } from '../../ports/store.js'
import { larger } from './changes.js'
import type { Database, Step, Tables } from './database.js'
import { wholeNumber } from './schema.js'
import { readable, storable } from './text.js'

/** Usage counts. */
export interface Usage extends Pick<Store, 'addUsage' | 'readUsage'> {
  /** Forgets batches, and hours as far as the batches of this instance have said. */
  forget(db: Tables, nowMs: number): Promise<boolean>
}

interface UsageRow {
  readonly credential_id: string
  readonly hour_ms: number
  readonly route: string
  readonly outcome: string
  readonly count: number
  readonly last_used_at_ms: number
}

const ALL_TIME = -1
const BATCH_KEPT_MS = 3_600_000
// Six parameters each: SQLite takes 32,766 to a statement.
const ROWS_AT_ONCE = 1_000

/** @param remind - Called when something was added. */
export function createUsage(database: Database, clock: Clock, remind: () => void): Usage {
  let forgetBeforeMs = Number.NEGATIVE_INFINITY

  return {
    async addUsage({ id, counts, forgetHoursBeforeMs }, options) {
      const rows = rowsOf(counts)
      await database.step(async (db) => {
        if (!(await isNew(db, id, clock.wallMs()))) return
        for (const some of chunks(rows)) await addRows(db, some)
      }, options)
      forgetBeforeMs = Math.max(forgetBeforeMs, forgetHoursBeforeMs)
      remind()
    },
    async readUsage({ credentialIds, hoursSinceMs }, options) {
      const sums: UsageSum[] = []
      for (const ids of chunks([...new Set(credentialIds)].map(storable))) {
        const rows = await database.ask((db) => readRows(db, ids, hoursSinceMs), options)
        sums.push(...rows)
      }
      return sums
    },
    async forget(db, nowMs) {
      await forgetBatches(db, nowMs)
      return forgetOldestHour(db, forgetBeforeMs)
    },
  }
}

/**
 * One row for each sum, in one order: instances that add at once wait for one another in that order, never in a circle.
 */
function rowsOf(counts: readonly UsageCount[]): UsageRow[] {
  const rows = new Map<string, UsageRow>()
  for (const { credentialId, hourMs, route, outcome, count, lastUsedAtMs } of counts) {
    for (const hour_ms of [hourMs, ALL_TIME]) {
      const key = JSON.stringify([credentialId, hour_ms, route, outcome])
      const known = rows.get(key)
      rows.set(key, {
        credential_id: storable(credentialId),
        hour_ms,
        route: storable(route),
        outcome: storable(outcome),
        count: count + (known?.count ?? 0),
        last_used_at_ms: Math.max(lastUsedAtMs, known?.last_used_at_ms ?? Number.NEGATIVE_INFINITY),
      })
    }
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

function* chunks<T>(all: readonly T[]): Generator<T[]> {
  for (let at = 0; at < all.length; at += ROWS_AT_ONCE) yield all.slice(at, at + ROWS_AT_ONCE)
}

async function isNew(db: Step, id: string, nowMs: number): Promise<boolean> {
  const made = await db
    .insertInto('sallyport_usage_batch')
    .values({ id: storable(id), added_at_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute()
  return made.length > 0
}

async function addRows(db: Step, rows: readonly UsageRow[]): Promise<void> {
  await db
    .insertInto('sallyport_usage')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['credential_id', 'hour_ms', 'route', 'outcome']).doUpdateSet({
        count: (expression) => expression('sallyport_usage.count', '+', expression.ref('excluded.count')),
        last_used_at_ms: larger('sallyport_usage', 'last_used_at_ms'),
      }),
    )
    .execute()
}

async function readRows(
  db: Tables,
  ids: readonly string[],
  hoursSinceMs: number | undefined,
): Promise<UsageSum[]> {
  const rows = await db
    .selectFrom('sallyport_usage')
    .selectAll()
    .where('credential_id', 'in', ids)
    .where((expression) => {
      const overAllTime = expression('hour_ms', '=', ALL_TIME)
      if (hoursSinceMs === undefined) return overAllTime
      return expression.or([overAllTime, expression('hour_ms', '>=', wholeHour(hoursSinceMs))])
    })
    .execute()
  return rows.map(({ credential_id, hour_ms, route, outcome, count, last_used_at_ms }) => ({
    credentialId: readable(credential_id),
    hourMs: wholeNumber(hour_ms) === ALL_TIME ? null : wholeNumber(hour_ms),
    route: readable(route),
    outcome: readable(outcome),
    count: wholeNumber(count),
    lastUsedAtMs: last_used_at_ms,
  }))
}

// The column is a whole number: PostgreSQL compares it to nothing else.
function wholeHour(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 0), Number.MAX_SAFE_INTEGER)
}

async function forgetBatches(db: Tables, nowMs: number): Promise<void> {
  await db
    .deleteFrom('sallyport_usage_batch')
    .where('added_at_ms', '<', nowMs - BATCH_KEPT_MS)
    .execute()
}

// One hour at a time, so that no statement takes long.
async function forgetOldestHour(db: Tables, beforeMs: number): Promise<boolean> {
  const oldest = db
    .selectFrom('sallyport_usage')
    .select((expression) => expression.fn.min('hour_ms').as('hour_ms'))
    .where('hour_ms', '>', ALL_TIME)
    .where('hour_ms', '<', wholeHour(beforeMs))
  const { numDeletedRows } = await db
    .deleteFrom('sallyport_usage')
    .where('hour_ms', '=', oldest)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0
}
