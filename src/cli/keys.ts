import type { Command } from 'commander'
import type { CredentialDetails } from '../credentials/details.js'
import { type GrantOptions, grantOf, withGrant } from './grant-options.js'
import { addLifecycle, changing, credentialFor, type Lifecycle, whyNot } from './lifecycle.js'
import { addList } from './listing.js'
import { attempt } from './open-store.js'
import { keyPrefix, text } from './parsers.js'
import { DEFAULT_OVERLAP_SECONDS, overlapNote, type RotationOptions, withOverlap } from './rotation.js'
import { runs } from './run.js'
import { type StoreOptions, storeOf, withStore } from './store-options.js'

const LIFECYCLE: Lifecycle = { kind: 'apiKey', sealing: false }

/** Adds `keys`: the life of API keys. */
export function addKeys(program: Command): void {
  const group = program.command('keys').description('API keys')
  addCreate(group)
  addImport(group)
  addList(group, { kind: 'apiKey', noun: 'API keys', head: 'KEY', known: ending })
  addRotate(group)
  addLifecycle(group, LIFECYCLE)
}

function ending({ prefix, lastFour }: CredentialDetails): string {
  return prefix === null && lastFour === null ? '-' : `${prefix ?? ''}…${lastFour ?? ''}`
}

interface CreateOptions extends GrantOptions, StoreOptions {
  readonly prefix?: string
}

function addCreate(group: Command): void {
  const command = withStore(
    withGrant(group.command('create').description('makes a key and prints it, this once')),
  )
    .option('--prefix <text>', 'what the key begins with, as in apiKey({ prefix }) (default: sk)', keyPrefix)
    .addHelpText(
      'after',
      '\nExample:\n  $ sallyport keys create --account robots-inc --prefix acto --expires 90d > robot.key',
    )
  runs<CreateOptions>(command, async (task) => {
    const { prefix } = task.options
    const grant = { ...grantOf(task.options), ...(prefix !== undefined && { prefix }) }
    const { store } = await storeOf(task, { sealing: false, mayCreate: true })
    const { credentialId, key } = await attempt(() => store.issueApiKey(grant))
    return {
      json: { credentialId, key },
      lines: [key],
      notes: [`created ${credentialId}; its key is shown this once`],
    }
  })
}

interface ImportOptions extends CreateOptions {
  readonly lastFour?: string
}

function addImport(group: Command): void {
  const command = withStore(
    withGrant(group.command('import').description('takes over a key that exists elsewhere, by its digest')),
  )
    .argument('<digest>', 'SHA-256 of the whole key in lower-case hex')
    .option('--prefix <text>', 'what the key begins with (default: unknown)', keyPrefix)
    .option('--last-four <text>', 'what the key ends with (default: unknown)', text)
    .addHelpText(
      'after',
      '\nExample:\n  $ sallyport keys import "$(tr -d "\\n" < robot.key | sha256sum | cut -c1-64)" --account robots-inc',
    )
  runs<ImportOptions>(command, async (task) => {
    const { prefix, lastFour } = task.options
    const shown = { ...(prefix !== undefined && { prefix }), ...(lastFour !== undefined && { lastFour }) }
    const grant = { ...grantOf(task.options), ...shown }
    const { store } = await storeOf(task, { sealing: false, mayCreate: true })
    const [digest = ''] = task.operands
    const { credentialId } = await attempt(() => store.importApiKeyDigest(digest, grant))
    return { json: { credentialId }, lines: [credentialId], notes: ['imported'] }
  })
}

interface RotateOptions extends RotationOptions {
  readonly prefix?: string
}

function addRotate(group: Command): void {
  const command = withOverlap(
    changing(
      group,
      'rotate',
      'makes a new key for the same credential and prints it, this once',
      '--overlap 7d',
    ),
  ).option('--prefix <text>', 'for a key that was imported without one (default: sk)', keyPrefix)
  runs<RotateOptions>(command, async (task) => {
    const { overlap = DEFAULT_OVERLAP_SECONDS, prefix } = task.options
    const { store, id } = await credentialFor(task, LIFECYCLE)
    const rotation = { overlapSeconds: overlap, ...(prefix !== undefined && { prefix }) }
    const issued = await attempt(() => store.rotateApiKey(id, rotation))
    if (issued === undefined) throw await whyNot(store, id, LIFECYCLE)
    const { credentialId, key } = issued
    return {
      json: { credentialId, key, overlapSeconds: overlap },
      lines: [key],
      notes: [overlapNote('key', overlap)],
    }
  })
}
