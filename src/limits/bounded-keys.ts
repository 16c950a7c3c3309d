import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../ports/clock.js'

const BUCKET_DIGITS = 3

/**
 * Bounds how many keys are counted apart at a time. Beyond `maxKeys`, each further key shares the count of one of 4096
 * buckets with others: whoever commands addresses without end neither fills the memory nor, as they would where the
 * oldest are forgotten, escapes the limit.
 *
 * @param lifetimeMs - How long a key may be counted from its first request on.
 */
export function boundedKeys(maxKeys: number, lifetimeMs: number, clock: Clock): (key: string) => string {
  // In the order in which they end: all live equally long.
  const endsMs = new Map<string, number>()
  // Nobody can look for addresses that share the bucket of somebody else.
  const salt = randomBytes(16)

  function bucketOf(key: string): string {
    const digest = createHash('sha256').update(salt).update(key).digest('hex')
    return `~${digest.slice(0, BUCKET_DIGITS)}`
  }

  return (key) => {
    const nowMs = clock.monotonicMs()
    for (const [old, endMs] of endsMs) {
      if (endMs > nowMs) break
      endsMs.delete(old)
    }
    if (endsMs.has(key)) return key
    if (endsMs.size >= maxKeys) return bucketOf(key)
    endsMs.set(key, nowMs + lifetimeMs)
    return key
  }
}
