import type { Change } from '../../ports/store.js'
import type { Step } from './database.js'
import { storable } from './text.js'

const KINDS: readonly unknown[] = ['credential', 'account', 'wallet', 'all'] satisfies Change['kind'][]

/**
 * Revokes what a change names, unless it is revoked already. No secret is opened for it: what cannot be read any more
 * can still be revoked.
 *
 * @returns False where it names a credential that does not exist.
 */
export async function revokeTargets(db: Step, { kind, id, atMs }: Change): Promise<boolean> {
  if (kind === 'session') return true
  if (!KINDS.includes(kind)) throw new TypeError(`there is no ${String(kind)} to revoke`)
  const name = storable(id)
  let update = db
    .updateTable('sallyport_credential')
    .set((expression) => ({
      status: 'revoked',
      revoked_at_ms: atMs,
      version: expression('version', '+', 1),
    }))
    .where('status', '!=', 'revoked')
  if (kind === 'credential') update = update.where('id', '=', name)
  if (kind === 'account') update = update.where('account_id', '=', name)
  if (kind === 'wallet') {
    update = update.where('id', 'in', (expression) =>
      expression.selectFrom('sallyport_credential_wallet').select('credential_id').where('wallet', '=', name),
    )
  }
  const { numUpdatedRows } = await update.executeTakeFirstOrThrow()
  if (kind !== 'credential' || numUpdatedRows > 0n) return true
  const known = await db
    .selectFrom('sallyport_credential')
    .select('id')
    .where('id', '=', name)
    .executeTakeFirst()
  return known !== undefined
}
