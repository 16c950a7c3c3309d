import type { Command } from 'commander'
import type { CredentialDetails } from '../credentials/details.js'
import type { CredentialManager } from '../credentials/manager.js'
import { Failure } from './failure.js'
import { attempt } from './open-store.js'
import { credentialName } from './parsers.js'
import { runs, type Task } from './run.js'
import { type StoreOptions, storeOf, withStore } from './store-options.js'

/** The credentials that a group of commands is for. */
export interface Lifecycle {
  readonly kind: CredentialDetails['kind']
  /** Whether there is a secret in them that is opened and sealed when they are changed. */
  readonly sealing: boolean
}

/** Adds the commands that change a credential and make no secret. */
export function addLifecycle(group: Command, lifecycle: Lifecycle): void {
  const rename = changing(group, 'rename', 'gives it another name', '"night shift"').argument(
    '<name>',
    'what its owner calls it',
    credentialName,
  )
  changes(rename, lifecycle, 'renamed', (store, id, [name = '']) => store.renameCredential(id, name))

  const disable = changing(group, 'disable', 'refuses it until it is enabled again')
  changes(disable, lifecycle, 'disabled', (store, id) => store.disableCredential(id))

  const enable = changing(group, 'enable', 'honours it again')
  changes(enable, lifecycle, 'enabled', (store, id) => store.enableCredential(id))

  revokes(changing(group, 'revoke', 'ends it for good'), lifecycle)
}

/** Adds a command that is given the id of a credential first. */
export function changing(group: Command, name: string, description: string, example = ''): Command {
  return withStore(group.command(name).description(description))
    .argument('<id>', 'the id of the credential')
    .addHelpText('after', `\nExample:\n  $ sallyport ${group.name()} ${name} cred_Zm9v ${example}`.trimEnd())
}

type Change = (store: CredentialManager, id: string, more: readonly string[]) => Promise<boolean>

function changes(command: Command, lifecycle: Lifecycle, done: string, change: Change): void {
  runs<StoreOptions>(command, async (task) => {
    const { store, id } = await credentialFor(task, lifecycle)
    const changed = await attempt(() => change(store, id, task.operands.slice(1)))
    if (!changed) throw await whyNot(store, id, lifecycle)
    return { json: { credentialId: id, [done]: true }, lines: [], notes: [done] }
  })
}

// The kill switch opens no secret and asks nothing first: it works where all else is lost.
function revokes(command: Command, lifecycle: Lifecycle): void {
  runs<StoreOptions>(command, async (task) => {
    const { store } = await storeOf(task, { sealing: false })
    const [id = ''] = task.operands
    const revoked = await attempt(() => store.revoke({ credential: id }))
    if (!revoked) throw await whyNot(store, id, lifecycle)
    return { json: { credentialId: id, revoked: true }, lines: [], notes: ['revoked'] }
  })
}

/** The store, and a credential in it that is of the kind that a command is for. */
export async function credentialFor(
  task: Task<StoreOptions>,
  lifecycle: Lifecycle,
): Promise<{ readonly store: CredentialManager; readonly id: string }> {
  const { store } = await storeOf(task, { sealing: lifecycle.sealing })
  const [id = ''] = task.operands
  const details = await attempt(() => store.describeCredential(id))
  if (details?.kind !== lifecycle.kind || details.status === 'revoked') throw reasonIn(details, lifecycle)
  return { store, id }
}

/** Why a credential could not be changed. */
export async function whyNot(store: CredentialManager, id: string, lifecycle: Lifecycle): Promise<Failure> {
  return reasonIn(await attempt(() => store.describeCredential(id)), lifecycle)
}

function reasonIn(details: CredentialDetails | undefined, { kind }: Lifecycle): Failure {
  if (details === undefined) return new Failure('credential_unknown', 'no credential of this id')
  if (details.kind !== kind) {
    const isKey = details.kind === 'apiKey'
    const said = isKey
      ? 'this is an API key: use sallyport keys'
      : 'this is a shared-secret pair: use sallyport credentials'
    return new Failure('credential_kind', said)
  }
  if (details.status === 'revoked') return new Failure('credential_revoked', 'this credential is revoked')
  return new Failure('store_unavailable', 'the credential is being changed by others: try again')
}
