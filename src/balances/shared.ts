import { checkBalance, isBalanceSource, meets } from '../balance-check.js'
import { callWithin } from '../deadline.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, timeoutProblems, unknownOptions } from '../option-check.js'
import type { Balance, BalanceQuery, BalanceSource } from '../ports/balance-source.js'
import type { BalanceStore } from '../ports/balance-store.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import { soundClock, systemClock } from '../system-clock.js'

/** Where balances are shared, and for how long they are used. All in milliseconds. */
export interface SharedOptions {
  readonly store: BalanceStore
  /** How long an answer that suffices is used, from when its reading began. Default 10000. */
  readonly ttlMs?: number
  /** How long an answer that does not suffice is used, so that a top-up counts soon. Default 2000. */
  readonly insufficientTtlMs?: number
  /** How long the store is waited for, and never longer than half of what the caller waits. Default 200. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

const TIMES = ['ttlMs', 'insufficientTtlMs'] as const

/**
 * Shares balances between instances, so that one reading of the chain does for all. It belongs between `cached()` and
 * the chain. A store that fails or is slow is not used: it never makes an outage.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * const store = redisStore(redis, { sealingKeys: [key] })
 * createGate({ store, balances: cached(shared(solanaBalances({ rpcUrl }), { store })) })
 */
export function shared(source: BalanceSource, options: SharedOptions): BalanceSource {
  const problems = problemsOf(source, options)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { store, ttlMs = 10_000, insufficientTtlMs = 2_000, timeoutMs = 200 } = options
  const clock = soundClock(options.clock ?? systemClock)
  let isTrustedFromMs = Number.NEGATIVE_INFINITY

  /** What the store has and may be used; `undefined` where the chain has to be asked. */
  async function recall(query: BalanceQuery, callerMs: number): Promise<Balance | undefined> {
    if (clock.monotonicMs() < isTrustedFromMs) return undefined
    const { mint, owner } = query
    try {
      const kept = await callWithin(Math.min(timeoutMs, callerMs / 2), (own) =>
        store.readBalance({ mint, owner }, own),
      )
      if (kept === undefined) return undefined
      const { amount, decimals, slot, exact, ageMs } = kept
      const balance = checkBalance({ amount, decimals, slot, exact, freshness: 'cached' })
      if (query.exact === true && !exact) return undefined
      const usableForMs = reaches(balance, query) ? ttlMs : exact ? insufficientTtlMs : 0
      return ageMs < usableForMs ? balance : undefined
    } catch {
      return undefined
    }
  }

  /**
   * Hands an answer to the store. Nobody waits for it, and nothing comes of it where that fails. A lower bound takes the
   * place only of what was of no use to whoever has asked for it: too old, or less.
   */
  async function keep(query: BalanceQuery, balance: Balance, beganMs: number, nowMs: number): Promise<void> {
    const { mint, owner } = query
    const leftMs = (reaches(balance, query) ? ttlMs : insufficientTtlMs) - (nowMs - beganMs)
    if (leftMs <= 0) return
    try {
      await callWithin(timeoutMs, (own) => store.keepBalance({ mint, owner }, balance, leftMs, own))
    } catch {
      // What could not be kept may leave an older answer with the store: until that is over, it is not asked.
      isTrustedFromMs = nowMs + timeoutMs + ttlMs
    }
  }

  return {
    async read(query, callOptions) {
      const beganMs = clock.monotonicMs()
      const { timeoutMs: callerMs = Number.POSITIVE_INFINITY } = callOptions
      const known = await recall(query, callerMs)
      if (known !== undefined) return known
      callOptions.signal.throwIfAborted()
      const askedMs = clock.monotonicMs()
      const left = leftOf(callOptions, askedMs - beganMs)
      const balance = checkBalance(await source.read(query, left))
      if (balance.freshness === undefined) void keep(query, balance, askedMs, clock.monotonicMs())
      return balance
    },
    readMint: (mint, callOptions) => source.readMint(mint, callOptions),
  }
}

function reaches(balance: Balance, { minimum }: BalanceQuery): boolean {
  return minimum === undefined || meets(balance, minimum)
}

// The signal is made only when it is read.
function leftOf(callOptions: CallOptions, spentMs: number): CallOptions {
  const { timeoutMs } = callOptions
  if (timeoutMs === undefined) return callOptions
  return {
    get signal() {
      return callOptions.signal
    },
    timeoutMs: Math.max(1, timeoutMs - spentMs),
  }
}

function problemsOf(source: BalanceSource, options: SharedOptions): string[] {
  const problems = isBalanceSource(source) ? [] : ['shared needs a source with read and readMint']
  if (!isOptions(options)) return [...problems, 'shared must be given options: { store }']
  problems.push(...unknownOptions('shared', options, ['store', ...TIMES, 'timeoutMs', 'clock']))
  const { readBalance, keepBalance } = (options.store ?? {}) as Partial<BalanceStore>
  if (typeof readBalance !== 'function' || typeof keepBalance !== 'function') {
    problems.push('shared.store must have readBalance and keepBalance, such as redisStore has')
  }
  for (const name of TIMES) {
    const value: unknown = options[name]
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && value >= 0)) {
      problems.push(`shared.${name} must be a number of milliseconds of at least 0`)
    }
  }
  return [
    ...problems,
    ...timeoutProblems('shared.timeoutMs', options.timeoutMs),
    ...clockProblems('shared.clock', options.clock),
  ]
}
