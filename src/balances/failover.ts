import { checkBalance, isBalanceSource } from '../balance-check.js'
import { Deadline, withDeadline } from '../deadline.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, timeoutProblems, unknownOptions } from '../option-check.js'
import type { BalanceSource } from '../ports/balance-source.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import { soundClock, systemClock } from '../system-clock.js'

/** How several sources stand in for one another. */
export interface FailoverOptions {
  /**
   * How long all of them together may take, in milliseconds, and never longer than nine tenths of what the caller
   * waits. Each gets an even share of what is left. Default 1800.
   */
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
  const { timeoutMs = 1_800, illForMs = 10_000 } = options
  const clock = soundClock(options.clock ?? systemClock)
  const sources = [...given]
  const illUntilMs = new Map<BalanceSource, number>()

  function inOrder(): BalanceSource[] {
    const nowMs = clock.monotonicMs()
    const isIll = (source: BalanceSource) => (illUntilMs.get(source) ?? 0) > nowMs
    return [...sources.filter((source) => !isIll(source)), ...sources.filter(isIll)]
  }

  async function ask<T>(
    { signal, timeoutMs: callerMs = Number.POSITIVE_INFINITY }: CallOptions,
    call: (source: BalanceSource, options: CallOptions) => T | Promise<T>,
  ): Promise<T> {
    const untilMs = clock.monotonicMs() + Math.min(timeoutMs, callerMs * SHARE_OF_CALLER)
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
        // A caller who gives up says nothing of the source that was just under question.
        signal.throwIfAborted()
        errors.push(error)
        illUntilMs.set(source, clock.monotonicMs() + illForMs)
      }
    }
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

// The rest is for handing the answer, or the outage, on in time.
const SHARE_OF_CALLER = 0.9

async function within<T>(
  timeoutMs: number,
  outer: AbortSignal,
  call: (options: CallOptions) => T | Promise<T>,
): Promise<T> {
  const deadline = new Deadline(timeoutMs)
  const end = () => deadline.end(new Error('the caller gave up', { cause: outer.reason }))
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
