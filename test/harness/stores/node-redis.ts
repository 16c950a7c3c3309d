import { createClient } from 'redis'
import type { StoreHarness } from '../../contract/store-harness.js'
import { openRedisStore } from './redis.js'

export const nodeRedisHarness: StoreHarness = {
  name: 'redis over node-redis',
  server: 'redis',
  open: (clock) =>
    openRedisStore(async (url) => {
      const client = createClient({ url, disableOfflineQueue: true })
      client.on('error', () => undefined)
      await client.connect()
      return { client, close: () => client.close() }
    }, clock),
}
