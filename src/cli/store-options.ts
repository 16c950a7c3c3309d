import { type Command, Option } from 'commander'
import { sealingKeyProblems } from '../credentials/sealing.js'
import { listVariable } from './environment.js'
import { wrongUsage } from './failure.js'
import { newSealingKey } from './new-sealing-key.js'
import { openStore, TIMEOUT_MS } from './open-store.js'
import type { OpenedStore } from './opened-store.js'
import { writeNote } from './output.js'
import type { Task } from './run.js'
import { hasPassword, readStoreAddress, STORE_RULE, type StoreAddress } from './store-address.js'

/** The options that say where the store is. */
export interface StoreOptions {
  readonly store?: string
  readonly redisPrefix?: string
}

/** What a command needs of the store. */
export interface StoreNeeds {
  /**
   * Whether secrets are sealed or opened. Where none are, nobody has to find the sealing keys to end a credential.
   * Default true.
   */
  readonly sealing?: boolean
  /** Whether a database that is not there is made. Default false. */
  readonly mayCreate?: boolean
  /** Default 10,000. */
  readonly timeoutMs?: number
}

/** Adds the options that say where the store is. */
export function withStore(command: Command): Command {
  return command
    .addOption(new Option('--store <url>', STORE_RULE).env('SALLYPORT_STORE'))
    .addOption(
      new Option('--redis-prefix <text>', "as in redisStore's options (default: sallyport)").env(
        'SALLYPORT_REDIS_PREFIX',
      ),
    )
}

/** Where the store is; `undefined` where that is not said. */
export async function addressOf({
  options,
  isFromCommandLine,
}: Pick<Task<StoreOptions>, 'options' | 'isFromCommandLine'>): Promise<StoreAddress | undefined> {
  const { store = '' } = options
  if (store.trim() === '') return undefined
  if (isFromCommandLine('store') && hasPassword(store)) {
    await writeNote(
      'warning: others on this machine can read the password of --store; give the URL in SALLYPORT_STORE',
    )
  }
  return readStoreAddress(store)
}

/** What the names of all keys in Redis begin with. */
export function redisPrefixOf({ redisPrefix = '' }: StoreOptions): string {
  return redisPrefix === '' ? 'sallyport' : redisPrefix
}

/**
 * Opens the store that a command is to work on.
 *
 * @throws Failure
 */
export async function storeOf(task: Task<StoreOptions>, needs: StoreNeeds = {}): Promise<OpenedStore> {
  const { sealing = true, mayCreate = false, timeoutMs = TIMEOUT_MS } = needs
  const address = await addressOf(task)
  if (address === undefined) {
    throw wrongUsage(`which store? Give --store or set SALLYPORT_STORE: ${STORE_RULE}`)
  }
  const opened = await openStore(address, {
    sealingKeys: sealing ? givenSealingKeys() : anySealingKeys(),
    mayCreate,
    mayMigrate: true,
    timeoutMs,
    redisPrefix: redisPrefixOf(task.options),
  })
  task.closeLater(opened.close)
  return opened
}

/** The keys that are given; where they cannot be used, one that opens nothing and seals nothing either. */
export function anySealingKeys(): readonly string[] {
  const keys = listVariable('SALLYPORT_SEALING_KEYS')
  return sealingKeyProblems('', keys).length === 0 ? keys : [newSealingKey()]
}

function givenSealingKeys(): readonly string[] {
  const keys = listVariable('SALLYPORT_SEALING_KEYS')
  if (keys.length === 0) {
    throw wrongUsage('SALLYPORT_SEALING_KEYS is not set: the keys of the application, the newest first')
  }
  if (sealingKeyProblems('', keys).length > 0) {
    throw wrongUsage('SALLYPORT_SEALING_KEYS must be keys of 32 random bytes in base64, between commas')
  }
  return keys
}
