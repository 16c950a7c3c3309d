import type { CredentialPage, CredentialQuery } from '../../ports/store.js'
import type { CredentialRows } from './credential-row.js'
import type { Tables } from './database.js'
import { pageOf, placeOf } from './pages.js'
import { readable, storable } from './text.js'

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
    const { ms, id } = placeOf(after)
    query = query.where((expression) =>
      expression(expression.refTuple('created_at_ms', 'id'), '>', expression.tuple(ms, storable(id))),
    )
  }
  const found = await query.execute()
  const page = pageOf(found, limit, (row) => `${row.created_at_ms}:${readable(row.id)}`)
  return { entries: page.items.map(rows.entryOf), next: page.next }
}
