import { RateLimiterRedis } from 'rate-limiter-flexible'
import { GateError } from '../gate-error.js'
import { isOptions } from '../option-check.js'
import type { Limits } from '../ports/limits.js'
import { countedLimits } from './counted.js'
import type { SharedLimitOptions } from './limit.js'
import { limitProblems, outageProblems } from './option-problems.js'

/** What is used of an ioredis client: one server, sentinels or a cluster. */
export interface IoRedisClient {
  readonly status: string
  connect(): Promise<unknown>
  defineCommand(name: string, definition: { readonly lua: string; readonly numberOfKeys?: number }): void
}

/** What is used of a node-redis client: one server, a pool, sentinels or a cluster. */
export interface NodeRedisClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  multi(): unknown
}

/** A client of ioredis or node-redis. */
export type RedisClient = IoRedisClient | NodeRedisClient

/** Limits that instances share through Redis. */
export interface RedisLimitsOptions extends SharedLimitOptions {
  /** What the names of all keys begin with. Gates with the same prefix and limits count together. Default `sallyport`. */
  readonly keyPrefix?: string
}

const PREFIX = /^[\x21-\x7e]{1,100}$/

/**
 * Limits that all instances share, in Redis: each request is counted in one step of a script. Where the client has no
 * connection, an outage is told at once. Let the client not keep what it could not send, as in the examples, or a request
 * at the moment of an outage waits for the gate's `portTimeoutMs`. A client of ioredis is given the command `rlflxIncr`.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1 })
 * redis.on('error', log)
 * const limits = redisLimits(redis, {
 *   account: { requests: 600, windowSeconds: 60 },
 *   onOutage: 'refuse',
 * })
 * const gate = createGate({ store, limits })
 * @example
 * const redis = createClient({ url, disableOfflineQueue: true })
 * redis.on('error', log)
 * await redis.connect()
 * const limits = redisLimits(redis, { failures: { requests: 20, windowSeconds: 60 }, onOutage: 'allow' })
 */
export function redisLimits(client: RedisClient, options: RedisLimitsOptions): Limits {
  const problems = [
    ...(isIoRedis(client) || isNodeRedis(client)
      ? []
      : ['redisLimits must be given a client of ioredis or node-redis']),
    ...optionProblems(options),
  ]
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)

  const { onOutage, keyPrefix = 'sallyport' } = options
  const limits = countedLimits(
    options,
    onOutage,
    (settings) =>
      new RateLimiterRedis({
        ...settings,
        keyPrefix: `${keyPrefix}:limits:${settings.keyPrefix}`,
        storeClient: client,
        useRedisPackage: !isIoRedis(client),
        rejectIfRedisNotReady: true,
      }),
  )
  return isIoRedis(client) ? connecting(client, limits) : limits
}

// A client with `lazyConnect` connects for its first command, which would never be sent to a client that is not ready.
function connecting(client: IoRedisClient, limits: Limits): Limits {
  let connection: Promise<unknown> | undefined
  return Object.freeze<Limits>({
    ...limits,
    async take(kind, key, options) {
      if (client.status === 'wait') {
        connection = client.connect().finally(() => {
          connection = undefined
        })
      }
      if (connection !== undefined) await connection
      return limits.take(kind, key, options)
    },
  })
}

function optionProblems(options: RedisLimitsOptions): string[] {
  if (!isOptions(options)) return ['redisLimits must be given options, at least a limit and onOutage']
  const { keyPrefix } = options
  return [
    ...limitProblems('redisLimits', options, ['onOutage', 'keyPrefix']),
    ...outageProblems('redisLimits', options),
    ...(keyPrefix === undefined || (typeof keyPrefix === 'string' && PREFIX.test(keyPrefix))
      ? []
      : ['redisLimits.keyPrefix must be 1 to 100 printable characters without spaces']),
  ]
}

function isIoRedis(client: RedisClient): client is IoRedisClient {
  const { defineCommand, status } = (client ?? {}) as Partial<IoRedisClient>
  return typeof defineCommand === 'function' && typeof status === 'string'
}

function isNodeRedis(client: RedisClient): client is NodeRedisClient {
  const { evalSha, multi } = (client ?? {}) as Partial<NodeRedisClient>
  return typeof evalSha === 'function' && typeof multi === 'function'
}
