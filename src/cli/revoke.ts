import type { Command } from 'commander'
import type { CredentialManager } from '../credentials/manager.js'
import type { RevocationTarget } from '../credentials/revocation.js'
import { wrongUsage } from './failure.js'
import { attempt } from './open-store.js'
import { text, wallet } from './parsers.js'
import { runs } from './run.js'
import { type StoreOptions, storeOf, withStore } from './store-options.js'

interface RevokeOptions extends StoreOptions {
  readonly account?: string
  readonly wallet?: string
  readonly all?: true
  readonly yes?: true
}

/** Adds `revoke`: the kill switch. */
export function addRevoke(program: Command): void {
  const command = withStore(
    program
      .command('revoke')
      .description(
        'the kill switch: ends every credential and every session of an account, a wallet, or all',
      ),
  )
    .option('--account <id>', 'every credential and session of this account', text)
    .option('--wallet <address>', 'every credential that is bound to this wallet, and its sessions', wallet)
    .option('--all', 'everything there is; needs --yes')
    .option('--yes', 'that --all is meant')
    .addHelpText('after', '\nExample:\n  $ sallyport revoke --account robots-inc')
  runs<RevokeOptions>(command, async (task) => {
    const target = targetOf(task.options)
    const { store } = await storeOf(task, { sealing: false })
    const known = 'account' in target ? await liveIn(store, target.account) : undefined
    await attempt(() => store.revoke(target))
    const notes = known === 0 ? ['no credential of this account is known: is the name right?'] : []
    return {
      json: { revoked: target, ...(known !== undefined && { credentials: known }) },
      lines: [],
      notes: [
        known === undefined ? 'revoked' : `revoked ${known} credentials, and every session so far`,
        ...notes,
      ],
    }
  })
}

/** How many credentials of an account are in force, up to a thousand; `undefined` where that cannot be told. */
async function liveIn(store: CredentialManager, accountId: string): Promise<number | undefined> {
  try {
    const { credentials } = await store.describeCredentials({ accountId, limit: 1_000 })
    return credentials.length
  } catch {
    // Without the sealing keys pairs cannot be listed. Ending them needs none, and must not wait for any.
    return undefined
  }
}

function targetOf({ account, wallet: address, all, yes }: RevokeOptions): RevocationTarget {
  const targets: readonly RevocationTarget[] = [
    ...(account === undefined ? [] : [{ account }]),
    ...(address === undefined ? [] : [{ wallet: address }]),
    ...(all === undefined ? [] : [{ all }]),
  ]
  const [target] = targets
  if (target === undefined || targets.length > 1) {
    throw wrongUsage('give exactly one of --account, --wallet and --all')
  }
  if (all && !yes) throw wrongUsage('--all ends every credential and session there is: say --yes too')
  return target
}
