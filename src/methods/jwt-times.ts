import { type Refused, refused } from '../decision.js'

/** What is asked of a token's times. All in seconds. */
export interface TimeRules {
  readonly toleranceSeconds: number
  /** The longest `exp - iat` that is honoured; absent where the issuer is trusted with it. */
  readonly maxLifetimeSeconds?: number
}

/** The times of a token (RFC 7519 §4.1.4-6), in seconds since the epoch. */
export interface TokenTimes {
  readonly exp: number
  readonly iat: number | undefined
  readonly nbf: number | undefined
}

/**
 * Reads a payload's times, whole and finite: `1e400` is `Infinity` to `JSON.parse`, and such a token would never end.
 *
 * @returns `undefined` where `exp` is missing or any of them is not a finite integer.
 */
export function readTimes(payload: Readonly<Record<string, unknown>>): TokenTimes | undefined {
  const { exp, iat, nbf } = payload
  if (!isSeconds(exp)) return undefined
  if (iat !== undefined && !isSeconds(iat)) return undefined
  if (nbf !== undefined && !isSeconds(nbf)) return undefined
  return { exp, iat, nbf }
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Judges the times of a token whose signature is proven. `undefined` means that it is in time. */
export function judgeTimes(times: TokenTimes, rules: TimeRules, nowMs: number): Refused | undefined {
  const { exp, iat, nbf } = times
  const now = Math.floor(nowMs / 1000)
  const { toleranceSeconds, maxLifetimeSeconds } = rules
  if (maxLifetimeSeconds !== undefined && iat !== undefined) {
    const lifetime = exp - iat
    if (lifetime <= 0 || lifetime > maxLifetimeSeconds) return refused('credential_lifetime', {})
  }
  if (exp <= now - toleranceSeconds) return refused('credential_expired', { presented: 'token' })
  const starts = Math.max(iat ?? 0, nbf ?? 0)
  return starts > now + toleranceSeconds ? refused('credential_not_yet_valid', {}) : undefined
}

/** Between which moments {@link judgeTimes} finds a token in time: wall clock, milliseconds, the second one excluded. */
export function windowOf(
  times: TokenTimes,
  { toleranceSeconds }: TimeRules,
): { fromMs: number; untilMs: number } {
  const { exp, iat, nbf } = times
  return {
    fromMs: (Math.max(iat ?? 0, nbf ?? 0) - toleranceSeconds) * 1000,
    untilMs: (exp + toleranceSeconds) * 1000,
  }
}
