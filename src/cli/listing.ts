import type { Command } from 'commander'
import type { CredentialDetails } from '../credentials/details.js'
import { systemClock } from '../system-clock.js'
import { attempt } from './open-store.js'
import type { Outcome } from './output.js'
import { text } from './parsers.js'
import { readAll } from './read-all.js'
import { runs } from './run.js'
import { type StoreOptions, storeOf, withStore } from './store-options.js'
import { tableOf, timeOf } from './table.js'

interface ListOptions extends StoreOptions {
  readonly account?: string
  readonly revoked?: true
}

/** What is listed, and how. */
export interface Listing {
  readonly kind: CredentialDetails['kind']
  /** Of several. */
  readonly noun: string
  /** The head of the column that says what its owner knows it by. */
  readonly head: string
  readonly known: (details: CredentialDetails) => string
}

/** Adds a command that lists credentials of one kind. */
export function addList(group: Command, listing: Listing): void {
  const { kind, noun, head, known } = listing
  const command = withStore(group.command('list').description(`all ${noun}, the oldest first`))
    .option('--account <id>', "only this account's", text)
    .option('--revoked', 'revoked ones too')
    .addHelpText('after', `\nExample:\n  $ sallyport ${group.name()} list --account robots-inc`)

  runs<ListOptions>(command, async (task) => {
    const { store } = await storeOf(task, { sealing: false })
    const { account, revoked = false } = task.options
    const filter = { revoked, ...(account !== undefined && { accountId: account }) }
    const all = await attempt(() => readAll(store, filter))
    const credentials = all.filter((details) => details.kind === kind)
    return {
      json: { credentials },
      lines: credentials.length === 0 ? [] : tableOf(HEADS(head), credentials.map(rowWith(known))),
      ...(credentials.length === 0 && { notes: [`no ${noun}`] }),
    } satisfies Outcome
  })
}

const HEADS = (known: string) => ['ID', 'NAME', 'ACCOUNT', known, 'ROLE', 'STATUS', 'CREATED', 'EXPIRES']

function rowWith(known: (details: CredentialDetails) => string): (details: CredentialDetails) => string[] {
  return (details) => {
    const { id, name, accountId, role, createdAtMs, expiresAtMs } = details
    const times = [createdAtMs, expiresAtMs].map(timeOf)
    return [id, name ?? '-', accountId, known(details), role ?? '-', statusOf(details), ...times]
  }
}

function statusOf({ status, expiresAtMs }: CredentialDetails): string {
  const isOver = status === 'active' && expiresAtMs !== null && expiresAtMs <= systemClock.wallMs()
  return isOver ? 'expired' : status
}
