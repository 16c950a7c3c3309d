import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { memoryLimits, postgresLimits, type RedisClient, redisLimits } from 'sallyport/limits'
import { freshRedisPrefix, postgresUrl, redisUrl } from '../support/servers.js'
import type { LimitsHarness } from './harness.js'

interface OpenClient {
  readonly client: RedisClient
  close(): Promise<unknown>
}

/** A connected client of ioredis. */
export async function openIoRedis(url = String(redisUrl)): Promise<OpenClient & { client: Redis }> {
  const client = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: () => 20,
  })
  client.on('error', () => undefined)
  await once(client, 'ready')
  return { client, close: async () => client.disconnect() }
}

/** A connected client of node-redis. */
export async function openNodeRedis(url = String(redisUrl)): Promise<OpenClient> {
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: () => 20 } })
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: async () => client.destroy() }
}

/** A pool of `pg`, whose lost sessions are no matter. */
export function openPool(url: string): Pool {
  const pool = new Pool({ connectionString: url, max: 4 })
  pool.on('error', () => undefined)
  return pool
}

/** A name for a table that no other test uses. */
export function freshTableName(): string {
  return `limits_${randomBytes(8).toString('hex')}`
}

function redisHarness(name: string, connect: () => Promise<OpenClient>): LimitsHarness {
  return {
    name,
    server: 'redis',
    async open() {
      const keyPrefix = freshRedisPrefix()
      const clients: OpenClient[] = []
      return {
        async instance(limits) {
          const opened = await connect()
          clients.push(opened)
          return redisLimits(opened.client, { ...limits, onOutage: 'refuse', keyPrefix })
        },
        close: () => Promise.all(clients.map((each) => each.close())),
      }
    },
  }
}

/** Every backend: the contract runs over each. */
export const backends: readonly LimitsHarness[] = [
  {
    name: 'memory',
    open: async () => ({
      instance: async (limits) => memoryLimits(limits),
      close: async () => undefined,
    }),
  },
  redisHarness('Redis over ioredis', () => openIoRedis()),
  redisHarness('Redis over node-redis', () => openNodeRedis()),
  {
    name: 'PostgreSQL',
    server: 'postgres',
    async open() {
      const tableName = freshTableName()
      const pools: Pool[] = []
      return {
        async instance(limits) {
          const pool = openPool(String(postgresUrl))
          pools.push(pool)
          return postgresLimits(pool, { ...limits, onOutage: 'refuse', tableName })
        },
        async close() {
          await pools[0]?.query(`drop table if exists ${tableName}`)
          await Promise.all(pools.map((pool) => pool.end()))
        },
      }
    },
  },
]

/** Those whose instances count together. */
export const sharedBackends: readonly LimitsHarness[] = backends.filter(({ server }) => server !== undefined)
