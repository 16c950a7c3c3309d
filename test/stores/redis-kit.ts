/** What the tests of the Redis store share: both clients, in every way they can be told to talk. */
import { once } from 'node:events'
import { Redis, type RedisOptions } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import type { Clock } from 'sallyport'
import { type RedisClient, type RedisStore, redisStore } from '../../src/stores/redis.js'
import { callsOf, type StoreCalls } from '../../src/testing/store-contract-calls.js'
import { type EntryMaker, entryMaker } from '../../src/testing/store-contract-entries.js'
import { manualClock } from '../support/clock.js'
import { freshRedisPrefix } from '../support/servers.js'

export const SEALING_KEY = Buffer.alloc(32, 7).toString('base64')
export const DAY_MS = 86_400_000

/** A client that is connected, and what tests do beside the store. */
export interface Connection {
  readonly client: RedisClient
  call(...command: string[]): Promise<unknown>
  close(): void
}

export interface Driver {
  readonly name: string
  connect(url: string): Promise<Connection>
}

// As the documentation says: what cannot be sent now is refused.
const RETRY_MS = 20

// Its types tell the mapping of replies, which the store has no need of.
type Options = RedisOptions & { readonly replyMapping?: 'legacy' }

function ioredis(name: string, options: RedisOptions): Driver {
  return {
    name,
    async connect(url) {
      const fixed = { enableOfflineQueue: false, maxRetriesPerRequest: 1, retryStrategy: () => RETRY_MS }
      const client = new Redis(url, { ...fixed, ...options } as Options)
      client.on('error', () => undefined)
      await once(client, 'ready')
      return {
        client,
        call: (command, ...rest) => client.call(command ?? '', ...rest),
        close: () => client.disconnect(),
      }
    },
  }
}

function nodeRedis(name: string, RESP: 2 | 3, asBuffers: boolean): Driver {
  return {
    name,
    async connect(url) {
      const socket = { reconnectStrategy: () => RETRY_MS }
      const client = createClient({ url, RESP, disableOfflineQueue: true, socket })
      client.on('error', () => undefined)
      await client.connect()
      return {
        client: asBuffers ? client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }) : client,
        call: (...command) => client.sendCommand(command),
        close: () => client.destroy(),
      }
    },
  }
}

export const ioredisDriver: Driver = ioredis('ioredis', {})
export const nodeRedisDriver: Driver = nodeRedis('node-redis', 3, false)

/** Both clients as they are made. */
export const drivers: readonly Driver[] = [ioredisDriver, nodeRedisDriver]

/** Both clients in every way that changes what replies look like, or where keys are. */
export const allDrivers: readonly Driver[] = [
  ...drivers,
  ioredis('ioredis with RESP2', { protocol: 2 }),
  ioredis('ioredis with RESP3 as it is', { protocol: 3, replyMapping: 'resp3' }),
  ioredis('ioredis with numbers as text', { stringNumbers: true }),
  ioredis('ioredis with pipelining by itself', { enableAutoPipelining: true }),
  ioredis('ioredis with a prefix before every key', { keyPrefix: `own-${freshRedisPrefix()}` }),
  nodeRedis('node-redis with RESP2', 2, false),
  nodeRedis('node-redis with buffers', 3, true),
]

/** A store of one test. */
export interface RedisKit {
  readonly store: RedisStore
  readonly calls: StoreCalls
  readonly make: EntryMaker
  readonly prefix: string
}

export interface OpenOptions {
  readonly clock?: Clock
  readonly prefix?: string
  readonly sealingKeys?: readonly string[]
}

export function openStore(client: RedisClient, options: OpenOptions = {}): RedisKit {
  const { clock = pastClock(), prefix = freshRedisPrefix(), sealingKeys = [SEALING_KEY] } = options
  const store = redisStore(client, { sealingKeys, prefix, clock })
  return { store, calls: callsOf(store), make: entryMaker(clock), prefix }
}

/** A clock that is behind the server's, whatever a test does to it: the slower of the two decides. */
export function pastClock() {
  return manualClock(Date.now() - 100 * DAY_MS)
}

/** Opens a connection for one use of it. */
export async function withConnection<T>(
  driver: Driver,
  url: string | undefined,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await driver.connect(url ?? '')
  try {
    return await use(connection)
  } finally {
    connection.close()
  }
}

const READS: Readonly<Record<string, readonly string[]>> = {
  hash: ['HGETALL'],
  set: ['SMEMBERS'],
  zset: ['ZRANGE', '0', '-1', 'WITHSCORES'],
  string: ['GET'],
}

/** Every key that begins so, and what is behind it, as `nodeRedisDriver` reads it. */
export async function snapshotOf({ call }: Connection, beginning: string): Promise<Record<string, unknown>> {
  const keys = (await call('KEYS', '*')) as string[]
  const contents = keys
    .filter((key) => key.startsWith(beginning))
    .map(async (key) => {
      const [command, ...rest] = READS[String(await call('TYPE', key))] ?? []
      if (command === undefined) throw new Error(`${key} is of a type that no test knows`)
      const content = await call(command, key, ...rest)
      return [key, command === 'SMEMBERS' ? (content as string[]).sort() : content] as const
    })
  return Object.fromEntries(await Promise.all(contents))
}

const POLL_MS = 10
const PATIENCE_MS = 10_000

/** Waits for something that another process does. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; !(await isSo()); waitedMs += POLL_MS) {
    if (waitedMs > PATIENCE_MS) throw new Error(`it never came to this: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
