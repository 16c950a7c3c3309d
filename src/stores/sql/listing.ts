import type { CredentialPage, CredentialQuery } from '../../ports/store.js'
import type { CredentialRows } from './credential-row.js'
import type { Tables } from './database.js'
import { storable } from './text.js'

/** One page of credentials, the oldest first, and by their ids where they are as old. */
export async function listCredentials(
  db: Tables,
  { accountId, revoked = false, after, limit }: CredentialQuery,
  rows: CredentialRows,
): Promise<CredentialPage> {
  let query = db
    .selectFrom('sallyport_credential')
    .selectAll()
    .orderBy('created_at_ms')
    .orderBy('id')
    .limit(limit + 1)
  if (accountId !== undefined) query = query.where('account_id', '=', storable(accountId))
  if (!revoked) query = query.where('status', '!=', 'revoked')
  if (after !== undefined) {
    const { createdAtMs, id } = placeOf(after)
    query = query.where((expression) =>
      expression(
        expression.refTuple('created_at_ms', 'id'),
        '>',
        expression.tuple(createdAtMs, storable(id)),
      ),
    )
  }
  const found = await query.execute()
  const entries = found.slice(0, limit).map(rows.entryOf)
  const last = entries.at(-1)
  const isMore = found.length > limit && last !== undefined
  return { entries, next: isMore ? `${last.createdAtMs}:${last.id}` : null }
}

function placeOf(after: string): { readonly createdAtMs: number; readonly id: string } {
  const colon = after.indexOf(':')
  const createdAtMs = Number(after.slice(0, Math.max(colon, 0)) || Number.NaN)
  if (!Number.isFinite(createdAtMs)) throw new Error('this names no entry to go on behind')
  return { createdAtMs, id: after.slice(colon + 1) }
}
