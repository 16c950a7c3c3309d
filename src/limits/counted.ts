import type { LimitKind, Limits, LimitVerdict } from '../ports/limits.js'
import type { Limit, LimitOptions } from './limit.js'
import { LIMIT_KINDS } from './option-problems.js'
import { plainKeyOf } from './plain-key.js'

/** What a limiter of rate-limiter-flexible is made with. */
export interface CounterSettings {
  readonly keyPrefix: string
  readonly points: number
  readonly duration: number
  readonly blockDuration: number
}

/** What is used of a limiter of rate-limiter-flexible. */
export interface Counter {
  /** Counts one more. Rejects both with a count, where it is one too many, and with what keeps it from counting. */
  consume(key: string): Promise<Count>
  delete(key: string): Promise<boolean>
}

interface Count {
  readonly consumedPoints: number
  readonly msBeforeNext: number
}

/** Limits over one counter per kind. */
export function countedLimits(
  limits: LimitOptions,
  onOutage: Limits['onOutage'],
  counterOf: (settings: CounterSettings) => Counter,
): Limits {
  const takes = new Map<LimitKind, (key: string) => Promise<LimitVerdict>>()
  for (const kind of LIMIT_KINDS) {
    const limit = limits[kind]
    if (limit !== undefined) takes.set(kind, takeFrom(counterOf(settingsOf(kind, limit)), limit))
  }
  return Object.freeze<Limits>({
    kinds: Object.freeze([...takes.keys()]),
    onOutage,
    async take(kind, key) {
      const take = takes.get(kind)
      if (take === undefined) throw new TypeError(`there is no limit of the kind ${kind}`)
      return take(plainKeyOf(key))
    },
  })
}

// The limit is part of the name: one that was changed begins anew, and does not inherit what counts in longer windows.
function settingsOf(kind: LimitKind, { requests, windowSeconds, blockSeconds }: Limit): CounterSettings {
  const block = blockSeconds === undefined ? '' : `/${blockSeconds}`
  return {
    keyPrefix: `${kind}:${requests}/${windowSeconds}${block}`,
    points: requests,
    duration: windowSeconds,
    blockDuration: blockSeconds ?? 0,
  }
}

function takeFrom(counter: Counter, { windowSeconds, blockSeconds }: Limit) {
  const longestMs = Math.max(windowSeconds, blockSeconds ?? 0) * 1_000
  return async (key: string): Promise<LimitVerdict> => {
    let verdict = await consume(counter, key)
    // Windows end at a time of the wall clock. Where that is out of all reason the clock was stepped back since, and
    // callers would be locked out for as long: they are counted anew. Clocks that are a little apart do not come here.
    if (verdict.retryAfterMs > 2 * longestMs) {
      await counter.delete(key)
      verdict = await consume(counter, key)
    }
    if (verdict.allowed) return ALLOWED
    return { allowed: false, retryAfterMs: Math.max(1, Math.min(verdict.retryAfterMs, longestMs)) }
  }
}

const ALLOWED: LimitVerdict = Object.freeze({ allowed: true, retryAfterMs: 0 })

// The one place where "too many" and "cannot count", which share a channel in the library, part.
async function consume(counter: Counter, key: string): Promise<LimitVerdict> {
  try {
    return verdictOf(await counter.consume(key), true)
  } catch (reason) {
    if (!isCount(reason)) throw reason
    return verdictOf(reason, false)
  }
}

// The library exports its class of counts to TypeScript only.
function isCount(reason: unknown): reason is Count {
  return (
    typeof reason === 'object' && reason !== null && !(reason instanceof Error) && 'consumedPoints' in reason
  )
}

// A number that is none compares as "not too many": a count that cannot be read is none.
function verdictOf({ consumedPoints, msBeforeNext }: Count, allowed: boolean): LimitVerdict {
  const retryAfterMs = Number(msBeforeNext)
  if (Number.isInteger(consumedPoints) && Number.isFinite(retryAfterMs)) return { allowed, retryAfterMs }
  throw new TypeError('the limiter answered no count')
}
