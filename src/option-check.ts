/** A sentence for every option that is not known: a misspelt requirement must not be an open door. */
export function unknownOptions(owner: string, options: object, known: readonly string[]): string[] {
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => `${owner}.${name} is not an option; known are ${known.join(', ')}`)
}

/**
 * A sentence for every option that is there without a value: an environment variable that is not set must not take a
 * requirement away.
 */
export function undefinedOptions(owner: string, options: object, named: readonly string[]): string[] {
  const values = options as Readonly<Record<string, unknown>>
  return named
    .filter((name) => Object.hasOwn(values, name) && values[name] === undefined)
    .map(
      (name) =>
        `${owner}.${name} is undefined; leave it out or give it a value (an unset environment variable?)`,
    )
}

/** Whether options can be looked into at all. */
export function isOptions(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

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
