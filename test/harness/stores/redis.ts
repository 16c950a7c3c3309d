import type { Clock } from 'sallyport'
import { type RedisClient, redisStore } from 'sallyport/stores/redis'
import type { ManagedFixture } from '../../contract/store-harness.js'
import { freshRedisPrefix, redisUrl } from '../../support/servers.js'
import { SEALING_KEY } from './sealing-key.js'

/** A client that is connected, and how it is closed. */
export interface OpenClient {
  readonly client: RedisClient
  close(): Promise<unknown>
}

/** An empty store on this run's Redis: every instance has a connection of its own. */
export async function openRedisStore(
  connect: (url: string) => Promise<OpenClient>,
  clock: Clock,
): Promise<ManagedFixture> {
  if (redisUrl === undefined) throw new Error('this run has no Redis')
  const url = redisUrl
  const prefix = freshRedisPrefix()
  const clients: OpenClient[] = []
  const open = async () => {
    const connected = await connect(url)
    clients.push(connected)
    return redisStore(connected.client, { sealingKeys: [SEALING_KEY], prefix, clock })
  }
  const store = await open()
  return {
    store,
    another: open,
    async close() {
      await store.close()
      await Promise.all(clients.map((client) => client.close()))
    },
  }
}
