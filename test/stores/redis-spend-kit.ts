/** What the tests of spending in Redis share. */
import type { ManualClock } from 'sallyport/testing'
import { type RedisClient, type RedisStore, redisStore } from '../../src/stores/redis.js'
import { type SpendCalls, spendCallsOf } from '../../src/testing/spend-store-contract-calls.js'
import { type SpendMaker, spendMaker } from '../../src/testing/spend-store-contract-making.js'
import { manualClock } from '../support/clock.js'
import { freshRedisPrefix } from '../support/servers.js'
import { type Connection, SEALING_KEY } from './redis-kit.js'

/** A store of one test that goes by a clock of the test's. */
export interface SpendKit {
  readonly store: RedisStore
  readonly calls: SpendCalls
  readonly make: SpendMaker
  readonly clock: ManualClock
  readonly prefix: string
}

export function openSpend(
  client: RedisClient,
  given: Partial<Pick<SpendKit, 'prefix' | 'clock'>> = {},
): SpendKit {
  const { prefix = freshRedisPrefix(), clock = manualClock() } = given
  const store = redisStore(client, { sealingKeys: [SEALING_KEY], prefix, clock })
  return { store, calls: spendCallsOf(store), make: spendMaker(clock), clock, prefix }
}

type Send = (...values: unknown[]) => Promise<unknown>

/** A client whose calls are sent by `send`, which is given what sends one as often as it likes. */
export function clientThat(
  client: RedisClient,
  send: (once: () => Promise<unknown>) => Promise<unknown>,
): RedisClient {
  const sent = (name: string) => {
    const method = (client as unknown as Record<string, Send>)[name]
    return (...values: unknown[]) => send(async () => method?.apply(client, values))
  }
  const sha = 'evalsha' in client ? 'evalsha' : 'evalSha'
  return { [sha]: sent(sha), eval: sent('eval') } as unknown as RedisClient
}

/** A client that loses the first reply of every call, and sends the call again. */
export function twice(client: RedisClient): RedisClient {
  return clientThat(client, (once) => once().then(once))
}

/** A client that can send its latest call once more, however much has happened since. */
export function replayable(client: RedisClient): {
  readonly client: RedisClient
  replay(): Promise<unknown>
} {
  let latest: () => Promise<unknown> = async () => undefined
  return {
    client: clientThat(client, (once) => {
      latest = once
      return once()
    }),
    replay: () => latest(),
  }
}

/** Every key that begins so, and what is behind it, as `nodeRedisDriver` reads it. */
export async function dumpOf({ call }: Connection, beginning: string): Promise<Record<string, unknown>> {
  const keys = ((await call('KEYS', '*')) as string[]).filter((key) => key.startsWith(beginning))
  const contents = keys.map(async (key) => {
    // Redis tells the fields of a hash in any order.
    const isHash = (await call('TYPE', key)) === 'hash'
    return [key, isHash ? await call('HGETALL', key) : String(await call('DUMP', key))] as const
  })
  return Object.fromEntries(await Promise.all(contents))
}
