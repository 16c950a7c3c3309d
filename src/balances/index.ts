/**
 * Decorators of balance sources: each takes a source and is one.
 *
 * @packageDocumentation
 */
export { type BalanceCacheOptions, type CachedOptions, cached } from './cached.js'
export { type FailoverOptions, failover } from './failover.js'
export { type SharedOptions, shared } from './shared.js'
