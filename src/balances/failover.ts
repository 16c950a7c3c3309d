import { checkBalance, isBalanceSource } from '../balance-check.js'
import { Deadline, withDeadline } from '../deadline.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, timeoutProblems, unknownOptions } from '../option-check.js'
import type { BalanceSource } from '../ports/balance-source.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import { systemClock } from '../system-clock.js'

/** How several sources stand in for one another. */
export interface FailoverOptions {
  /** How long all of them together may take, in milliseconds. Each gets an even share of what is left. Default 1800. */
  readonly timeoutMs?: number
  /** How long a source that failed is asked last, in milliseconds. Default 10000. */
  readonly illForMs?: number
  readonly clock?: Clock
}

/**
 * Asks the first source that is well; where it fails, the next. A source that failed is remembered as ill for a while
 * and asked last, so that a dead endpoint costs its timeout once and not on every reading.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * failover([solanaBalances({ rpcUrl: near }), solanaBalances({ rpcUrl: far })])
 */
export function failover(given: readonly BalanceSource[], options: FailoverOptions = {}): BalanceSource {
  const problems = problemsOf(given, options)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { timeoutMs = 1_800, illForMs = 10_000, clock = systemClock } = options
  const sources = [...given]
  const illUntilMs = new Map<BalanceSource, number>()

  function inOrder(): BalanceSource[] {
    const nowMs = clock.monotonicMs()
    const isIll = (source: BalanceSource) => (illUntilMs.get(source) ?? 0) > nowMs
    return [...sources.filter((source) => !isIll(source)), ...sources.filter(isIll)]
  }

  async function ask<T>(
    { signal }: CallOptions,
    call: (source: BalanceSource, options: CallOptions) => T | Promise<T>,
  ): Promise<T> {
    const untilMs = clock.monotonicMs() + timeoutMs
    const errors: unknown[] = []
    const order = inOrder()
    for (const [at, source] of order.entries()) {
      signal.throwIfAborted()
      const leftMs = Math.max(1, untilMs - clock.monotonicMs())
      try {
        const answer = await within(leftMs / (order.length - at), signal, (own) => call(source, own))
        illUntilMs.delete(source)
        return answer
      } catch (error) {
        errors.push(error)
        illUntilMs.set(source, clock.monotonicMs() + illForMs)
      }
    }
    signal.throwIfAborted()
    throw new AggregateError(errors, `none of ${sources.length} balance sources could answer`, {
      cause: errors[0],
    })
  }

  return {
    read: (query, callOptions) =>
      ask(callOptions, async (source, own) => checkBalance(await source.read(query, own))),
    readMint: (mint, callOptions) => ask(callOptions, (source, own) => source.readMint(mint, own)),
  }
}

async function within<T>(
  timeoutMs: number,
  outer: AbortSignal,
  call: (options: CallOptions) => T | Promise<T>,
): Promise<T> {
  const deadline = new Deadline()
  const end = () => deadline.end(outer.reason)
  outer.addEventListener('abort', end, { once: true })
  try {
    return await withDeadline(Promise.resolve(call(deadline)), timeoutMs, deadline)
  } finally {
    outer.removeEventListener('abort', end)
  }
}

function problemsOf(sources: readonly BalanceSource[], options: FailoverOptions): string[] {
  if (!isOptions(options)) return ['failover must be given options, at least {}']
  const problems = unknownOptions('failover', options, ['timeoutMs', 'illForMs', 'clock'])
  if (!Array.isArray(sources) || sources.length === 0) problems.push('failover needs at least one source')
  else if (!sources.every(isBalanceSource)) problems.push('failover needs sources with read and readMint')
  const { timeoutMs, illForMs, clock } = options
  if (illForMs !== undefined && !(Number.isFinite(illForMs) && illForMs > 0)) {
    problems.push('failover.illForMs must be a number of milliseconds above 0')
  }
  return [
    ...problems,
    ...timeoutProblems('failover.timeoutMs', timeoutMs),
    ...clockProblems('failover.clock', clock),
  ]
}
