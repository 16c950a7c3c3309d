import { isOptions, undefinedOptions, unknownOptions } from '../option-check.js'
import type { LimitKind } from '../ports/limits.js'
import type { Limit } from './limit.js'

/** Every kind there is, in the order in which they are documented. */
export const LIMIT_KINDS: readonly LimitKind[] = ['account', 'failures', 'connect']

// A count must fit into an integer of PostgreSQL with room above it: what is refused is counted too.
const MAX_REQUESTS = 1_000_000_000
// Timers of Node fire at once when they are set for more than 24 days, and a window would end as it begins.
const MAX_SECONDS = 7 * 24 * 60 * 60

/**
 * A sentence for everything that is wrong with the limits among `options`.
 *
 * @param others - Names of the options beside the kinds.
 */
export function limitProblems(owner: string, options: object, others: readonly string[] = []): string[] {
  const limits = options as Readonly<Record<string, unknown>>
  const given = LIMIT_KINDS.filter((kind) => limits[kind] !== undefined)
  const absent = undefinedOptions(owner, options, LIMIT_KINDS)
  return [
    ...unknownOptions(owner, options, [...LIMIT_KINDS, ...others]),
    ...absent,
    ...(given.length + absent.length === 0 ? [`${owner} needs a limit: account, failures or connect`] : []),
    ...given.flatMap((kind) => problemsOf(`${owner}.${kind}`, limits[kind])),
  ]
}

/** A sentence where it is not declared what an outage means. */
export function outageProblems(owner: string, { onOutage }: { readonly onOutage?: unknown }): string[] {
  return onOutage === 'refuse' || onOutage === 'allow'
    ? []
    : [
        `${owner}.onOutage must be declared: 'refuse' answers 503 to a request that cannot be counted, 'allow' lets it pass uncounted`,
      ]
}

function problemsOf(name: string, limit: unknown): string[] {
  if (!isOptions(limit)) return [`${name} must be { requests, windowSeconds }`]
  const { requests, windowSeconds, blockSeconds }: Partial<Limit> = limit
  const problems = [
    ...unknownOptions(name, limit, ['requests', 'windowSeconds', 'blockSeconds']),
    ...undefinedOptions(name, limit, ['blockSeconds']),
    ...numberProblems(`${name}.requests`, requests, MAX_REQUESTS),
    ...numberProblems(`${name}.windowSeconds`, windowSeconds, MAX_SECONDS),
    ...(blockSeconds === undefined ? [] : numberProblems(`${name}.blockSeconds`, blockSeconds, MAX_SECONDS)),
  ]
  // A block takes the place of the window: a shorter one would let more pass than none.
  if (Number(blockSeconds) < Number(windowSeconds)) {
    problems.push(`${name}.blockSeconds must be at least windowSeconds`)
  }
  return problems
}

function numberProblems(name: string, value: unknown, most: number): string[] {
  const fine = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most
  return fine ? [] : [`${name} must be a whole number from 1 to ${most}`]
}
