import { type RawBuilder, sql } from 'kysely'
import type { Clock } from '../../ports/clock.js'
import { systemClock } from '../../system-clock.js'
import type { Tables } from './database.js'
import { isSqlite } from './tables.js'

/** The time that what is held expires by, in milliseconds, for use in a statement. */
export type LedgerTime = () => RawBuilder<number>

/**
 * @param clock - The host's. Without it, the clock of PostgreSQL's server, as of the beginning of the statement: all
 *   instances then go by one clock. SQLite is on this machine anyway.
 */
export function createLedgerTime(db: Tables, clock: Clock | undefined): LedgerTime {
  if (clock === undefined && !isSqlite(db)) return () => SERVER_TIME
  const { wallMs } = clock ?? systemClock
  return () => milliseconds(wallMs())
}

/** A number that a statement reckons with: PostgreSQL cannot tell what kind of number a parameter is there. */
export function milliseconds(ms: number): RawBuilder<number> {
  return sql<number>`cast(${ms} as double precision)`
}

// Within one statement it stands still, so that an index can be asked with it.
const SERVER_TIME = sql<number>`cast(floor(extract(epoch from statement_timestamp()) * 1000) as double precision)`
