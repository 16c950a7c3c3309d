import { Kysely, SqliteDialect } from 'kysely'
import { sealingKeyProblems } from '../credentials/sealing.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, unknownOptions } from '../option-check.js'
import type { Clock } from '../ports/clock.js'
import { soundClock, systemClock } from '../system-clock.js'
import { type FileConnection, openFile } from './sql/file.js'
import { guardedConnection } from './sql/libsql-connection.js'
import type { SallyportTables } from './sql/schema.js'
import { assembleSqlStore, type SqlStore } from './sql/store.js'

export type { SqlStore } from './sql/store.js'

/** Which file, and what its secrets are sealed with. */
export interface SqliteStoreOptions {
  /** Path of the database, which is made where there is none. SQLite keeps two files beside it. */
  readonly file: string
  /**
   * 32 random bytes each, in base64 (`openssl rand -base64 32`), the newest first. Shared secrets are stored only sealed:
   * the newest key seals, all open.
   */
  readonly sealingKeys: readonly string[]
  /** Default the machine's. */
  readonly clock?: Clock
}

/**
 * Keeps credentials, claims, changes, counts and what is spent in a file, for the processes of one machine. What was acknowledged
 * survives a crash and a power failure.
 *
 * @throws GateError `ERR_GATE_OPTIONS`, also where the file cannot be opened.
 * @example
 * const store = sqliteStore({ file: 'sallyport.db', sealingKeys: [key] })
 * const gate = createGate({ store })
 */
export function sqliteStore(options: SqliteStoreOptions): SqlStore {
  const problems = optionProblems(options)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { file, sealingKeys } = options
  const clock = soundClock(options.clock ?? systemClock)
  const database = open(file)
  const kysely = new Kysely<SallyportTables>({
    dialect: new SqliteDialect({ database: guardedConnection(database) }),
  })
  let closing: Promise<void> | undefined
  return assembleSqlStore({
    kysely,
    sealingKeys,
    clock,
    ledgerClock: clock,
    migrate: true,
    close() {
      // The connection is free once every transaction that had begun is over.
      closing ??= kysely.connection().execute(async () => {
        database.close()
      })
      return closing
    },
  })
}

function open(file: string): FileConnection {
  try {
    return openFile(file)
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new GateError('ERR_GATE_OPTIONS', [`sqliteStore.file cannot be opened: ${problem}`], { cause })
  }
}

function optionProblems(options: SqliteStoreOptions): string[] {
  if (!isOptions(options)) return ['sqliteStore must be given options, at least { file, sealingKeys }']
  const { file, sealingKeys, clock } = options
  const isPath = typeof file === 'string' && file !== '' && file !== ':memory:' && !file.includes('\0')
  return [
    ...unknownOptions('sqliteStore', options, ['file', 'sealingKeys', 'clock']),
    ...(isPath ? [] : ['sqliteStore.file must be the path of a file']),
    ...sealingKeyProblems('sqliteStore', sealingKeys),
    ...clockProblems('sqliteStore.clock', clock),
  ]
}
