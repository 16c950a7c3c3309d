import type { Command } from 'commander'
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
    await attempt(() => store.revoke(target))
    return { json: { revoked: target }, lines: [], notes: ['revoked'] }
  })
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
