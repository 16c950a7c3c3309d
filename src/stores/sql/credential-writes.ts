import { type CredentialEntry, lookupKeysOf } from '../../credentials/entry.js'
import type { CredentialRows } from './credential-row.js'
import type { Step } from './database.js'
import { wholeNumber } from './schema.js'
import { storable } from './text.js'

/** Whether another entry has what this one is found by. For one that is to be added that includes its id. */
export async function isTaken(
  db: Step,
  entry: CredentialEntry,
  becomes: 'added' | 'changed',
): Promise<boolean> {
  const id = storable(entry.id)
  const other = await db
    .selectFrom('sallyport_lookup')
    .select('credential_id')
    .where('lookup', 'in', lookupsOf(entry))
    .where('credential_id', '!=', id)
    .executeTakeFirst()
  if (other !== undefined || becomes === 'changed') return other !== undefined
  const same = await db
    .selectFrom('sallyport_credential')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst()
  return same !== undefined
}

/** How many entries of an account are not revoked. */
export async function liveCount(db: Step, accountId: string): Promise<number> {
  const { live } = await db
    .selectFrom('sallyport_credential')
    .select((expression) => expression.fn.countAll().as('live'))
    .where('account_id', '=', storable(accountId))
    .where('status', '!=', 'revoked')
    .executeTakeFirstOrThrow()
  return wholeNumber(live)
}

/** Puts a new entry in. */
export async function insertEntry(db: Step, entry: CredentialEntry, rows: CredentialRows): Promise<void> {
  await db.insertInto('sallyport_credential').values(rows.rowOf(entry)).execute()
  await insertKeys(db, entry)
}

/** Puts an entry in the place of its earlier version. False, and nothing happens, where that is not what is there. */
export async function replaceEntry(db: Step, entry: CredentialEntry, rows: CredentialRows): Promise<boolean> {
  const row = rows.rowOf(entry)
  const { numUpdatedRows } = await db
    .updateTable('sallyport_credential')
    .set(row)
    .where('id', '=', row.id)
    .where('version', '=', entry.version - 1)
    .where('status', '!=', 'revoked')
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  await db.deleteFrom('sallyport_lookup').where('credential_id', '=', row.id).execute()
  await db.deleteFrom('sallyport_credential_wallet').where('credential_id', '=', row.id).execute()
  await insertKeys(db, entry)
  return true
}

async function insertKeys(db: Step, entry: CredentialEntry): Promise<void> {
  const credential_id = storable(entry.id)
  const lookups = lookupsOf(entry).map((lookup) => ({ lookup, credential_id }))
  await db.insertInto('sallyport_lookup').values(lookups).execute()
  const wallets = [...new Set(entry.wallets)].map((wallet) => ({ wallet: storable(wallet), credential_id }))
  if (wallets.length > 0) await db.insertInto('sallyport_credential_wallet').values(wallets).execute()
}

function lookupsOf(entry: CredentialEntry): string[] {
  return [...new Set(lookupKeysOf(entry))].map(storable)
}
