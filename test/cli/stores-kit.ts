/** Stores that the program and a gate of a test share. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import type { Store } from 'sallyport'
import { redisStore } from 'sallyport/stores/redis'
import { sqlStore } from 'sallyport/stores/sql'
import { sqliteStore } from 'sallyport/stores/sqlite'
import { describe, onTestFinished } from 'vitest'
import { describeWithServer, freshDatabase, freshRedisPrefix, redisUrl } from '../support/servers.js'
import { newKey, type RunOn, runOn } from './kit.js'

/** An empty store, with its tables; gone when the test is. */
export interface SharedStore {
  readonly run: RunOn
  readonly sealingKey: string
  /** For a gate of the test. */
  readonly store: Store
}

/** The same tests on every kind of store there is a server for. */
export function describeStores(tests: (fresh: () => Promise<SharedStore>) => void): void {
  describe('on SQLite', () => tests(freshFile))
  describeWithServer('on PostgreSQL', 'postgres', () => tests(freshPostgres))
  describeWithServer('on Redis', 'redis', () => tests(freshRedis))
}

async function freshFile(): Promise<SharedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const sealingKey = newKey()
  const file = join(folder, 'store.db')
  const store = sqliteStore({ file, sealingKeys: [sealingKey] })
  onTestFinished(() => store.close())
  return { store, sealingKey, run: runOn(`sqlite:${file}`, sealingKey) }
}

async function freshPostgres(): Promise<SharedStore> {
  const { url, drop } = await freshDatabase()
  onTestFinished(drop)
  const pool = new Pool({ connectionString: url, max: 2 })
  pool.on('error', () => undefined)
  const kysely = new Kysely({ dialect: new PostgresDialect({ pool }) })
  onTestFinished(() => kysely.destroy())
  const sealingKey = newKey()
  const run = runOn(url, sealingKey)
  await run(['migrate'])
  return { store: sqlStore(kysely, { sealingKeys: [sealingKey], migrate: false }), sealingKey, run }
}

async function freshRedis(): Promise<SharedStore> {
  const redis = new Redis(redisUrl ?? '', { enableOfflineQueue: false, maxRetriesPerRequest: 1 })
  onTestFinished(() => redis.disconnect())
  await once(redis, 'ready')
  const sealingKey = newKey()
  const prefix = freshRedisPrefix()
  return {
    store: redisStore(redis, { sealingKeys: [sealingKey], prefix }),
    sealingKey,
    run: runOn(redisUrl ?? '', sealingKey, { SALLYPORT_REDIS_PREFIX: prefix }),
  }
}
