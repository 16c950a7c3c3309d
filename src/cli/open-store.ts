import { Deadline, withDeadline } from '../deadline.js'
import { failureOfStore, wrongUsage } from './failure.js'
import { openPostgres } from './open-postgres.js'
import { openRedis } from './open-redis.js'
import { openSqlite } from './open-sqlite.js'
import type { OpenedStore, OpenSettings } from './opened-store.js'
import type { StoreAddress } from './store-address.js'

/** How long any one thing may take, in milliseconds. */
export const TIMEOUT_MS: number = 10_000

const CLOSING_TIMEOUT_MS = 2_000

/**
 * Opens a store. Its driver is loaded here and not before.
 *
 * @throws Failure
 */
export async function openStore(address: StoreAddress, settings: OpenSettings): Promise<OpenedStore> {
  const opened = await attempt(() => withDeadline(open(address, settings), TIMEOUT_MS, new Deadline()))
  return {
    ...opened,
    // Nothing is waited for longer: the process ends either way.
    close: () => withDeadline(opened.close(), CLOSING_TIMEOUT_MS, new Deadline()).catch(() => undefined),
  }
}

/**
 * Does something with a store.
 *
 * @throws Failure
 */
export async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw failureOfStore(error)
  }
}

async function open(address: StoreAddress, settings: OpenSettings): Promise<OpenedStore> {
  switch (address.kind) {
    case 'sqlite':
      return openSqlite(address.file, settings)
    case 'postgres':
      return openPostgres(address.url, settings)
    case 'redis':
      return openRedis(address.url, settings)
    case 'memory':
      throw wrongUsage('a memory store is gone with the process that made it: there is nothing to open')
  }
}
