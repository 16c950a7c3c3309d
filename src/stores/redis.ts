import { type ManagedStore, withManager } from '../credentials/manager.js'
import { createSealer, sealingKeyProblems } from '../credentials/sealing.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, unknownOptions } from '../option-check.js'
import type { BalanceStore } from '../ports/balance-store.js'
import type { Clock } from '../ports/clock.js'
import type { SpendStore } from '../ports/spend-store.js'
import type { Store } from '../ports/store.js'
import { soundClock, systemClock } from '../system-clock.js'
import { createBalances } from './redis/balances.js'
import { createChanges } from './redis/changes.js'
import { createClaims } from './redis/claims.js'
import { createRunner, isRedisClient, type RedisClient } from './redis/client.js'
import { createCredentials } from './redis/credentials.js'
import { createDecisions } from './redis/decisions.js'
import { createLedger } from './redis/ledger.js'
import { createResealing } from './redis/resealing.js'
import { createSpendRecords } from './redis/spend-records.js'
import { createUsage } from './redis/usage.js'

export type { IoRedisClient, NodeRedisClient, RedisClient } from './redis/client.js'

/** How a {@link RedisStore} is kept. */
export interface RedisStoreOptions {
  /**
   * Keys that the secrets of shared-secret pairs are sealed with: 32 random bytes each, in base64, the newest first. The
   * newest seals, all open.
   */
  readonly sealingKeys: readonly string[]
  /** What the names of all keys begin with, in braces. Stores of one prefix are one store. Default `sallyport`. */
  readonly prefix?: string
  /**
   * What claims, changes and the life of reservations go by. Default the machine's; for reservations the time of the
   * Redis server, which is one and the same for all instances.
   */
  readonly clock?: Clock
}

/** A store in Redis, for any number of instances. */
export interface RedisStore extends ManagedStore, BalanceStore, SpendStore {
  /**
   * Opens every sealed secret, those of revoked credentials too, and seals anew what was not sealed with the newest key.
   * After it, and once no instance has the older keys as its newest, they can be dropped.
   *
   * @returns How many were sealed anew.
   * @throws Error where a secret does not open.
   * @example
   * const store = redisStore(redis, { sealingKeys: [newKey, oldKey] })
   * await store.reseal()
   */
  reseal(): Promise<number>
}

/**
 * Keeps everything in Redis 6.2 or later, or Valkey, over a connected client of ioredis or node-redis: one server,
 * sentinels or a cluster. All keys have the prefix in braces in common, so that all are in one slot of a cluster: every
 * verb is one Lua script, and happens whole or not at all.
 *
 * What was acknowledged is kept only as well as Redis keeps it. With `appendonly yes` and `appendfsync always` it is on
 * disk before it is answered, and survives a crash; with `everysec` the last second may be lost, among it a revocation or
 * a claim; without persistence everything is. A replica that takes over may lack the last writes too. Where data was
 * lost, whoever follows the changes is told all that are left anew. Set `maxmemory-policy noeviction`: any other policy
 * forgets claims, or credentials, when memory runs short.
 *
 * With spending in it this is about money: a reservation that was acknowledged and lost is spent twice. Nothing but
 * `appendonly yes` with `appendfsync always` keeps that from a crash, and a replica that takes over may lack the last
 * ones. Records, reservations, their trails and decisions are never forgotten: all of them stay in memory, 2 to 3 KB for
 * each decision. Where that is too much, keep spending in SQL.
 *
 * Let the client refuse what it cannot send now, as in the examples: by default clients queue commands while Redis is
 * away and send them later, when the caller has been told of an outage. What runs late does no harm, but the outcome of
 * `addCredential`, `changeCredential` and `revokeCredentials`, and of all that writes for spending, is then unknown to
 * whoever asked for it: read, and ask again; a reservation is asked for again by its id. The store listens to no events
 * and never closes the client: an `error` event of node-redis that nobody listens to ends the process.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * import { Redis } from 'ioredis'
 *
 * const options = { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 1, socketTimeout: 2_000 }
 * const redis = new Redis(url, options)
 * redis.on('error', log)
 * await redis.connect()
 * const store = redisStore(redis, { sealingKeys: [key] })
 * @example
 * import { createClient } from 'redis'
 *
 * const redis = createClient({ url, disableOfflineQueue: true })
 * redis.on('error', log)
 * await redis.connect()
 * const store = redisStore(redis, { sealingKeys: [key] })
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions): RedisStore {
  const problems = problemsOf(client, options)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { sealingKeys, prefix = 'sallyport' } = options
  const clock = soundClock(options.clock ?? systemClock)
  const sealer = createSealer(sealingKeys)
  const run = createRunner(client, `{${prefix}}`)
  const store: Omit<RedisStore, keyof ManagedStore> & Store = {
    ...createCredentials(run, clock, sealer),
    ...createUsage(run),
    ...createBalances(run),
    ...createSpendRecords(run),
    ...createLedger(run, options.clock && clock),
    ...createDecisions(run),
    claim: createClaims(run, clock),
    changesSince: createChanges(run),
    reseal: createResealing(run, sealer),
    close: async () => undefined,
  }
  return withManager(store, clock)
}

// A brace would end the part of the name that chooses the slot, or begin another.
const PREFIX = /^[^{}]{1,200}$/su

function problemsOf(client: unknown, options: RedisStoreOptions): string[] {
  const problems = isRedisClient(client) ? [] : ['redisStore needs an ioredis or node-redis client']
  if (!isOptions(options)) return [...problems, 'redisStore must be given options: { sealingKeys }']
  const { sealingKeys, prefix, clock } = options
  problems.push(
    ...unknownOptions('redisStore', options, ['sealingKeys', 'prefix', 'clock']),
    ...sealingKeyProblems('redisStore', sealingKeys),
  )
  if (prefix !== undefined && !(typeof prefix === 'string' && PREFIX.test(prefix))) {
    problems.push('redisStore.prefix must be a text of 1 to 200 characters without braces')
  }
  return [...problems, ...clockProblems('redisStore.clock', clock)]
}
