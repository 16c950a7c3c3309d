import { resolve } from 'node:path'
import Sqlite from 'libsql'

/** An open file. */
export type FileConnection = Sqlite.Database

// How long opening may wait for another process that is opening the same file.
const OPENING_TIMEOUT_MS = 5_000

/**
 * Opens an SQLite file so that what was acknowledged survives the process and the power. Anything that keeps it from
 * being written to is thrown here.
 */
export function openFile(file: string): FileConnection {
  // An absolute path is never taken for the URL of a server.
  const database = new Sqlite(resolve(file), { timeout: OPENING_TIMEOUT_MS })
  try {
    const [mode] = database.pragma('journal_mode = wal') as readonly { readonly journal_mode?: unknown }[]
    if (mode?.journal_mode !== 'wal') throw new Error('it allows no write-ahead log')
    database.pragma('synchronous = full')
    database.pragma('foreign_keys = on')
    // The driver waits on the event loop's own thread, and so for ever for a transaction of this very process. Whoever
    // finds the file locked tries again a little later instead.
    database.pragma('busy_timeout = 0')
    tryToWrite(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function tryToWrite(database: FileConnection): void {
  try {
    database.exec('begin immediate')
    database.exec('rollback')
  } catch (error) {
    // Somebody is writing to it, so it can be written to.
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw error
  }
}
