import { RateLimiterMemory } from 'rate-limiter-flexible'
import { GateError } from '../gate-error.js'
import { isOptions } from '../option-check.js'
import type { Limits } from '../ports/limits.js'
import { systemClock } from '../system-clock.js'
import { boundedKeys } from './bounded-keys.js'
import { countedLimits } from './counted.js'
import type { LimitOptions } from './limit.js'
import { limitProblems } from './option-problems.js'

const MAX_KEYS = 100_000

/**
 * Limits for one process: each counts for itself, and all is forgotten when it ends. Counts 100,000 accounts or addresses
 * of each kind apart; further ones share counts until windows have ended.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * const limits = memoryLimits({
 *   account: { requests: 600, windowSeconds: 60 },
 *   failures: { requests: 20, windowSeconds: 60, blockSeconds: 300 },
 * })
 * const gate = createGate({ store, limits })
 */
export function memoryLimits(options: LimitOptions): Limits {
  const problems = isOptions(options)
    ? limitProblems('memoryLimits', options)
    : ['memoryLimits must be given options, for example { account: { requests, windowSeconds } }']
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)

  return countedLimits(options, 'refuse', (settings) => {
    const lifetimeMs = (settings.duration + settings.blockDuration) * 1_000
    const bounded = boundedKeys(MAX_KEYS, lifetimeMs, systemClock)
    const limiter = new RateLimiterMemory({ ...settings, keyPrefix: '' })
    return {
      consume: (key) => limiter.consume(bounded(key)),
      delete: (key) => limiter.delete(bounded(key)),
    }
  })
}
