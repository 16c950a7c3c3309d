import type { Kysely, Transaction } from 'kysely'
import type { CallOptions } from '../../ports/call-options.js'
import { migrateToLatest } from './migrations.js'
import { retrying } from './retry.js'
import type { SallyportTables } from './schema.js'

/** Statements outside of a transaction, or within one. */
export type Tables = Kysely<SallyportTables>
/** Statements within a transaction. */
export type Step = Transaction<SallyportTables>

/** The tables, made before they are first used. */
export interface Database {
  /** One statement, which is a step of its own. */
  ask<T>(work: (db: Tables) => Promise<T>, options?: CallOptions): Promise<T>
  /**
   * Several statements as one step. The first of them must write: a transaction of SQLite that reads first cannot write
   * any more once another connection has.
   */
  step<T>(work: (db: Step) => Promise<T>, options?: CallOptions): Promise<T>
  migrate(): Promise<void>
}

/** @param migrateFirst - Whether the tables are made when they are first needed. */
export function openDatabase(db: Tables, migrateFirst: boolean): Database {
  let ready = !migrateFirst
  let migration: Promise<void> | undefined

  function migrate(): Promise<void> {
    migration ??= migrateToLatest(db)
      .then(() => {
        ready = true
      })
      .finally(() => {
        migration = undefined
      })
    return migration
  }

  async function run<T>(work: () => Promise<T>, options: CallOptions | undefined): Promise<T> {
    if (!ready) {
      await migrate()
      options?.signal.throwIfAborted()
    }
    return retrying(work, options)
  }

  return {
    ask: (work, options) => run(() => work(db), options),
    // Each statement sees what was committed before it, also where the host's database has another default. SQLite has
    // one writer at a time anyway.
    step: (work, options) =>
      run(() => db.transaction().setIsolationLevel('read committed').execute(work), options),
    migrate,
  }
}
