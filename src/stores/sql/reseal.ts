import type { Sealer } from '../../credentials/sealing.js'
import { placeOf, type SecretColumn } from './credential-row.js'
import type { Database, Tables } from './database.js'
import { readable } from './text.js'

const PAGE = 500
const COLUMNS: readonly SecretColumn[] = ['secret', 'older_secret']

/**
 * Seals every secret anew that is not sealed with the newest key. One that is replaced meanwhile is left alone: what
 * takes its place is sealed with the newest key of whoever writes it.
 *
 * @returns How many were sealed anew.
 */
export async function resealAll(database: Database, sealer: Sealer): Promise<number> {
  let resealed = 0
  let after = ''
  for (;;) {
    const behind = after
    const rows = await database.ask((db) => readSecrets(db, behind))
    for (const row of rows) {
      for (const column of COLUMNS) {
        const sealed = row[column]
        if (sealed === null || sealer.isCurrent(sealed)) continue
        const place = placeOf(readable(row.id), column)
        const anew = sealer.seal(sealer.open(sealed, place), place)
        if (await database.ask((db) => exchange(db, row.id, column, sealed, anew))) resealed++
      }
    }
    const last = rows.at(-1)
    if (last === undefined) return resealed
    after = last.id
  }
}

async function readSecrets(
  db: Tables,
  after: string,
): Promise<{ id: string; secret: string | null; older_secret: string | null }[]> {
  return db
    .selectFrom('sallyport_credential')
    .select(['id', 'secret', 'older_secret'])
    .where('id', '>', after)
    .where('secret', 'is not', null)
    .orderBy('id')
    .limit(PAGE)
    .execute()
}

async function exchange(
  db: Tables,
  id: string,
  column: SecretColumn,
  sealed: string,
  anew: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sallyport_credential')
    .set(column === 'secret' ? { secret: anew } : { older_secret: anew })
    .where('id', '=', id)
    .where(column, '=', sealed)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}
