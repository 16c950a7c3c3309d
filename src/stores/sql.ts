import type { Kysely } from 'kysely'
import { sealingKeyProblems } from '../credentials/sealing.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, unknownOptions } from '../option-check.js'
import type { Clock } from '../ports/clock.js'
import { soundClock, systemClock } from '../system-clock.js'
import type { SallyportTables } from './sql/schema.js'
import { assembleSqlStore, type SqlStore } from './sql/store.js'

export type { SqlStore } from './sql/store.js'

/** What secrets are sealed with, and who makes the tables. */
export interface SqlStoreOptions {
  /**
   * 32 random bytes each, in base64 (`openssl rand -base64 32`), the newest first. Shared secrets are stored only sealed:
   * the newest key seals, all open.
   */
  readonly sealingKeys: readonly string[]
  /**
   * What everything goes by, and every instance alike. Default the machine's; only what is spent goes by the clock of
   * PostgreSQL's server then, so that all instances agree on when a reservation has expired.
   */
  readonly clock?: Clock
  /**
   * Whether the tables are made, and brought up to date, before they are first used. Default true. Where it is false the
   * host calls `store.migrate()` in its deployment.
   */
  readonly migrate?: boolean
}

/**
 * Keeps credentials, claims, changes, counts and what is spent in PostgreSQL or SQLite, for every instance that shares the database.
 * All tables are named `sallyport_*`, and made where the connection's `search_path` begins; plugins of `kysely` are not
 * used for them.
 *
 * Give a pool timeouts, and listeners for connections that are lost: without those Node ends the process. A file is
 * better opened by `sqliteStore`, which sees to it that what was acknowledged is on the disk, and with the driver libsql
 * only by that.
 *
 * @param kysely - The host's own, with a dialect for PostgreSQL or SQLite. It is never closed.
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * const timeouts = { connectionTimeoutMillis: 2_000, query_timeout: 5_000, maxLifetimeSeconds: 60 }
 * const pool = new Pool({ connectionString, ...timeouts })
 * pool.on('error', () => {}) // an idle connection was lost: the next query opens another
 * pool.on('connect', (client) => client.on('error', () => {})) // one in use was lost: its query rejects
 * const store = sqlStore(new Kysely({ dialect: new PostgresDialect({ pool }) }), { sealingKeys })
 */
export function sqlStore<Tables>(kysely: Kysely<Tables>, options: SqlStoreOptions): SqlStore {
  const problems = [...kyselyProblems(kysely), ...optionProblems(options)]
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { sealingKeys, migrate = true } = options
  const clock = options.clock && soundClock(options.clock)
  return assembleSqlStore({
    // The host's tables are none of ours, and its plugins may rename columns.
    kysely: kysely.withoutPlugins() as unknown as Kysely<SallyportTables>,
    sealingKeys,
    clock: clock ?? systemClock,
    ledgerClock: clock,
    migrate,
    close: async () => undefined,
  })
}

function kyselyProblems(kysely: unknown): string[] {
  const { getExecutor, isTransaction } = (kysely ?? {}) as Partial<Kysely<unknown>>
  if (typeof getExecutor !== 'function' || isTransaction !== false) {
    return ['sqlStore must be given an instance of Kysely, and no transaction, before its options']
  }
  // What the dialects of PostgreSQL and SQLite have in common, and those of others have not.
  return (kysely as Kysely<unknown>).getExecutor().adapter.supportsReturning
    ? []
    : ['sqlStore must be given a Kysely with a dialect for PostgreSQL or SQLite']
}

function optionProblems(options: SqlStoreOptions): string[] {
  if (!isOptions(options)) return ['sqlStore must be given options, at least { sealingKeys }']
  const { sealingKeys, clock, migrate } = options
  return [
    ...unknownOptions('sqlStore', options, ['sealingKeys', 'clock', 'migrate']),
    ...sealingKeyProblems('sqlStore', sealingKeys),
    ...clockProblems('sqlStore.clock', clock),
    ...(migrate === undefined || typeof migrate === 'boolean'
      ? []
      : ['sqlStore.migrate must be true or false']),
  ]
}
