export type { LimitKind, Limits, LimitVerdict } from '../ports/limits.js'
export type { Limit, LimitOptions, SharedLimitOptions } from './limit.js'
export { memoryLimits } from './memory.js'
export { type PostgresLimitsOptions, postgresLimits } from './postgres.js'
export type { PostgresPool, PostgresQuery } from './postgres-pool.js'
export {
  type IoRedisClient,
  type NodeRedisClient,
  type RedisClient,
  type RedisLimitsOptions,
  redisLimits,
} from './redis.js'
