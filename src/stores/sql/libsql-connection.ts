import type { SqliteDatabase } from 'kysely'
import type { FileConnection } from './file.js'

/**
 * A connection as Kysely's dialect takes it, on which no prepared statement ever finds the file locked. libsql leaves
 * one that does half done until it is collected as garbage: until then the connection reads what was there before, and
 * cannot commit. So the lock is taken first, by a statement that libsql lets go of at once.
 */
export function guardedConnection(database: FileConnection): SqliteDatabase {
  function alone<T>(work: () => T): T {
    if (database.inTransaction) return work()
    database.exec('begin immediate')
    try {
      const done = work()
      database.exec('commit')
      return done
    } catch (error) {
      if (database.inTransaction) database.exec('rollback')
      throw error
    }
  }

  return {
    close: () => database.close(),
    prepare(sql) {
      if (/^(?:begin|commit|rollback)\b/i.test(sql)) return boundary(database, sql)
      const statement = database.prepare(sql)
      const holding = /^(?:select|with|pragma)\b/i.test(sql) ? <T>(work: () => T) => work() : alone
      return {
        reader: statement.reader,
        all: (parameters) => holding(() => statement.all(parameters)),
        run: (parameters) => holding(() => statement.run(parameters)),
        iterate: (parameters) => statement.iterate(parameters),
      }
    },
  }
}

// Kysely's own words. A transaction that has failed for good may be over before it is rolled back.
function boundary(database: FileConnection, sql: string): ReturnType<SqliteDatabase['prepare']> {
  return {
    reader: false,
    run() {
      const isOver = sql === 'rollback' && !database.inTransaction
      if (!isOver) database.exec(sql === 'begin' ? 'begin immediate' : sql)
      return { changes: 0, lastInsertRowid: 0 }
    },
    all: () => [],
    iterate: () => [].values(),
  }
}
