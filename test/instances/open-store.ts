import type { ManagedStore, SpendStore } from 'sallyport'
import type { StoreSpec } from './spec.js'

/** A store over drivers of its own, set up as the documentation of the stores says. */
export interface OpenedStore {
  readonly store: ManagedStore & SpendStore
  /** Callers that wait for a connection of a pool. */
  waiting(): number
  close(): Promise<void>
}

/**
 * Opens a store without waiting for its server: whether that is there is the gate's to say. Only the drivers it needs
 * are loaded, because many instances are started.
 */
export async function openStore(spec: StoreSpec, sealingKeys: readonly string[]): Promise<OpenedStore> {
  switch (spec.kind) {
    case 'postgres':
      return openPostgres(spec.url, sealingKeys)
    case 'sqlite': {
      const { sqliteStore } = await import('sallyport/stores/sqlite')
      const store = sqliteStore({ file: spec.file, sealingKeys })
      return { store, waiting: () => 0, close: () => store.close() }
    }
    case 'ioredis': {
      const [{ Redis }, { redisStore }] = await Promise.all([
        import('ioredis'),
        import('sallyport/stores/redis'),
      ])
      const client = new Redis(spec.url, { enableOfflineQueue: false, maxRetriesPerRequest: 1 })
      client.on('error', () => undefined)
      const store = redisStore(client, { sealingKeys, prefix: spec.prefix })
      return { store, waiting: () => 0, close: async () => client.disconnect() }
    }
    case 'node-redis': {
      const [{ createClient }, { redisStore }] = await Promise.all([
        import('redis'),
        import('sallyport/stores/redis'),
      ])
      const client = createClient({ url: spec.url, disableOfflineQueue: true })
      client.on('error', () => undefined)
      client.connect().catch(() => undefined)
      const store = redisStore(client, { sealingKeys, prefix: spec.prefix })
      return { store, waiting: () => 0, close: async () => client.destroy() }
    }
    case 'composed':
      return openComposed(spec, sealingKeys)
  }
}

/** Whether its server answers. */
export async function isReachable({ store }: OpenedStore): Promise<boolean> {
  try {
    await store.describeCredential('none')
    return true
  } catch {
    return false
  }
}

async function openPostgres(connectionString: string, sealingKeys: readonly string[]): Promise<OpenedStore> {
  const [{ Kysely, PostgresDialect }, { Pool }, { sqlStore }] = await Promise.all([
    import('kysely'),
    import('pg'),
    import('sallyport/stores/sql'),
  ])
  const pool = new Pool({ connectionString, connectionTimeoutMillis: 5_000, query_timeout: 10_000 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  const store = sqlStore(kysely, { sealingKeys })
  return {
    store,
    waiting: () => pool.waitingCount,
    async close() {
      await store.close()
      await kysely.destroy()
    },
  }
}

async function openComposed(
  spec: Extract<StoreSpec, { kind: 'composed' }>,
  sealingKeys: readonly string[],
): Promise<OpenedStore> {
  const [durable, shared, { composeStore }] = await Promise.all([
    openStore(spec.durable, sealingKeys),
    openStore(spec.shared, sealingKeys),
    import('sallyport/stores/compose'),
  ])
  return {
    store: composeStore({ durable: durable.store, shared: shared.store }),
    waiting: () => durable.waiting() + shared.waiting(),
    async close() {
      await Promise.all([durable.close(), shared.close()])
    },
  }
}
