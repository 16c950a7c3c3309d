import { setTimeout as pause } from 'node:timers/promises'
import type { CallOptions } from '../../ports/call-options.js'

// Together some five seconds.
const MAX_TRIES = 200
const LONGEST_PAUSE_MS = 25

/**
 * Does `work` again while it fails of what passes by itself and has changed nothing: a transaction that gave way to
 * another one, or a file that another connection is writing to. In between the process goes on with other work.
 */
export async function retrying<T>(work: () => Promise<T>, options?: CallOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === MAX_TRIES || !isTransient(error) || options?.signal.aborted) throw error
      await pause(Math.min(tries, LONGEST_PAUSE_MS))
      if (options?.signal.aborted) throw error
    }
  }
}

/** PostgreSQL's `serialization_failure` and `deadlock_detected`; SQLite's `database is locked` in each of its forms. */
function isTransient(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === '40001' || code === '40P01' || (typeof code === 'string' && code.startsWith('SQLITE_BUSY'))
}
