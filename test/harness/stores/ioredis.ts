import { once } from 'node:events'
import { Redis } from 'ioredis'
import type { StoreHarness } from '../../contract/store-harness.js'
import { openRedisStore } from './redis.js'

export const ioredisHarness: StoreHarness = {
  name: 'redis over ioredis',
  server: 'redis',
  open: (clock) =>
    openRedisStore(async (url) => {
      const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1 })
      await once(client, 'ready')
      return { client, close: () => client.quit() }
    }, clock),
}
