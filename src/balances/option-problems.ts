import type { BalanceSource } from '../ports/balance-source.js'

/** Longest that a timer of Node counts; one that is set for longer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** A sentence where `value` is not how long something may take, in milliseconds. */
export function timeoutProblems(name: string, value: unknown): string[] {
  const fine = typeof value === 'number' && value > 0 && value <= MAX_TIMER_MS
  return value === undefined || fine
    ? []
    : [`${name} must be a number of milliseconds above 0, at most ${MAX_TIMER_MS}`]
}

/** A sentence where `value` is no clock. */
export function clockProblems(name: string, value: unknown): string[] {
  if (value === undefined) return []
  const { wallMs, monotonicMs } = (value ?? {}) as { wallMs?: unknown; monotonicMs?: unknown }
  return typeof wallMs === 'function' && typeof monotonicMs === 'function'
    ? []
    : [`${name} must have wallMs() and monotonicMs()`]
}

/** Whether something can be asked for balances. */
export function isSource(value: unknown): value is BalanceSource {
  const { read, readMint } = (value ?? {}) as { read?: unknown; readMint?: unknown }
  return typeof read === 'function' && typeof readMint === 'function'
}

/** Whether options can be looked into at all. */
export function isOptions(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
