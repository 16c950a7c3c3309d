/** What the callers hold, and what the gate requires of it. */
export const MINT = 'So11111111111111111111111111111111111111112'
export const MINIMUM = '50000'
export const ENOUGH: string = String(60_000n * 10n ** 9n)

/** How long balances are fresh: the default of `createGate`. */
export const TTL_MS = 60_000
