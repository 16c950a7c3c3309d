import type { Store } from '../../ports/store.js'
import type { Database, Tables } from './database.js'
import { digestOf } from './text.js'

const DAY_MS = 86_400_000
const FORGOTTEN_AT_ONCE = 5_000

/** Single use: whoever puts the row in has it. */
export function createClaims(database: Database, remind: () => void): Store['claim'] {
  return async (key, expiresAtMs, options) => {
    const row = { key_digest: digestOf(key), expires_at_ms: expiresAtMs }
    const made = await database.ask(
      (db) =>
        db
          .insertInto('sallyport_claim')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .returning('key_digest')
          .execute(),
      options,
    )
    remind()
    return made.length > 0
  }
}

/**
 * Forgets claims that have been over for a day: by then the clocks of all instances agree that they are.
 *
 * @returns Whether there may be more.
 */
export async function forgetClaims(db: Tables, nowMs: number): Promise<boolean> {
  const over = db
    .selectFrom('sallyport_claim')
    .select('key_digest')
    .where('expires_at_ms', '<', nowMs - DAY_MS)
    .limit(FORGOTTEN_AT_ONCE)
  const { numDeletedRows } = await db
    .deleteFrom('sallyport_claim')
    .where('key_digest', 'in', over)
    .executeTakeFirstOrThrow()
  return numDeletedRows >= FORGOTTEN_AT_ONCE
}
