import { type OperationNodeSource, sql } from 'kysely'
import type { Step } from './database.js'
import { isSqlite } from './tables.js'

/** A statement that writes. */
export interface Write extends OperationNodeSource {
  execute(): Promise<unknown>
}

/**
 * Writes to several tables, each row at most once. PostgreSQL is asked once for all of it, which is the greater part of
 * what a step takes; for SQLite, which is in this process, that is no gain, and it knows no such statement.
 */
export async function writeTogether(db: Step, writes: readonly Write[]): Promise<void> {
  const last = writes.at(-1)
  if (last === undefined) return
  if (writes.length === 1 || isSqlite(db)) {
    for (const write of writes) await write.execute()
    return
  }
  const earlier = writes.slice(0, -1).map((write, at) => sql`${sql.id(`write_${at}`)} as (${write})`)
  await sql`with ${sql.join(earlier)} ${last}`.execute(db)
}
