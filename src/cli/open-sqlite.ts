import { existsSync, realpathSync } from 'node:fs'
import { describeCause } from '../telemetry/redact.js'
import { Failure, failureOfStore } from './failure.js'
import { loadPackage } from './load-package.js'
import type { OpenedStore, OpenSettings } from './opened-store.js'

const PACKAGES = 'libsql kysely'

/** Opens an SQLite file. One that is not there is made only where that is asked for. */
export async function openSqlite(
  file: string,
  { sealingKeys, mayCreate, mayMigrate }: OpenSettings,
): Promise<OpenedStore> {
  if (!mayCreate && !existsSync(file)) {
    throw new Failure('store_unavailable', 'the SQLite file does not exist: sallyport migrate makes it')
  }
  const { sqliteStore } = await loadPackage(() => import('../stores/sqlite.js'), PACKAGES)
  if (!mayMigrate) await requireTables(file)
  const store = opening(() => sqliteStore({ file, sealingKeys }))
  return {
    kind: 'sqlite',
    store,
    migrate: () => store.migrate(),
    setting: async () => undefined,
    close: () => store.close(),
  }
}

// The store makes its tables when it is first asked, which an examination must not do.
async function requireTables(file: string): Promise<void> {
  const { default: Sqlite } = await loadPackage(() => import('libsql'), PACKAGES)
  const database = opening(() => new Sqlite(realpathSync(file), { readonly: true }))
  try {
    database.prepare('select name from sallyport_migration').all()
  } catch (error) {
    const failure = failureOfStore(error)
    throw failure.code === 'tables_missing' ? failure : cannotOpen(error)
  } finally {
    database.close()
  }
}

function opening<T>(open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw cannotOpen(error)
  }
}

function cannotOpen(cause: unknown): Failure {
  const said =
    cause instanceof Error ? cause.message.replace(/^sqliteStore\.file cannot be opened: /, '') : cause
  return new Failure('store_unavailable', `the SQLite file cannot be opened: ${describeCause(said)}`, {
    cause,
  })
}
