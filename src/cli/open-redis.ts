import { loadPackage } from './load-package.js'
import type { OpenedStore, OpenSettings } from './opened-store.js'

const PACKAGES = 'ioredis'

// What INFO says where a provider forbids CONFIG.
const TOLD_BY_INFO: Readonly<Record<string, readonly [section: string, field: string]>> = {
  appendonly: ['persistence', 'aof_enabled'],
  maxmemory: ['memory', 'maxmemory'],
  'maxmemory-policy': ['memory', 'maxmemory_policy'],
}

/** Opens a store in Redis. */
export async function openRedis(
  url: string,
  { sealingKeys, timeoutMs, redisPrefix }: OpenSettings,
): Promise<OpenedStore> {
  const { Redis } = await loadPackage(() => import('ioredis'), PACKAGES)
  const { redisStore } = await import('../stores/redis.js')
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
  })
  let lastError: unknown
  redis.on('error', (error) => {
    lastError = error
  })
  try {
    const store = redisStore(redis, { sealingKeys, prefix: redisPrefix })
    await redis.connect()
    return {
      kind: 'redis',
      store,
      setting: (name) => readSetting((...command) => redis.call(...command), name),
      async serverMs() {
        const [seconds, microseconds] = await redis.time()
        return Number(seconds) * 1000 + Number(microseconds) / 1000
      },
      async close() {
        await store.close()
        redis.disconnect()
      },
    }
  } catch (error) {
    redis.disconnect()
    // "Connection is closed" says nothing of why.
    throw lastError ?? error
  }
}

type Call = (command: string, ...values: string[]) => Promise<unknown>

async function readSetting(call: Call, name: string): Promise<string | undefined> {
  const told = await call('CONFIG', 'GET', name).catch(() => [])
  const value = Array.isArray(told) ? told[1] : undefined
  if (typeof value === 'string') return value
  const [section, field] = TOLD_BY_INFO[name] ?? []
  if (section === undefined) return undefined
  const info = String(await call('INFO', section).catch(() => ''))
  const [, said] = new RegExp(`^${field}:(\\S+)`, 'm').exec(info) ?? []
  return name === 'appendonly' && said !== undefined ? (said === '1' ? 'yes' : 'no') : said
}
