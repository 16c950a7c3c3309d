import { type Decimal, unitsAtLeast } from './amount.js'
import type { Balance, BalanceSource } from './ports/balance-source.js'

/** Whether something can be asked for balances. */
export function isBalanceSource(value: unknown): value is BalanceSource {
  const { read, readMint } = (value ?? {}) as { read?: unknown; readMint?: unknown }
  return typeof read === 'function' && typeof readMint === 'function'
}

/** Whether a number of decimals is one a mint can have: a byte. */
export function isDecimals(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255
}

/**
 * Refuses what cannot be a balance: a host's own source may be careless, and a malformed answer is an outage.
 *
 * @returns A frozen copy with nothing else in it, so that what has been checked stays as it is whoever is handed it: a
 * policy, or the source itself. What is frozen already is handed on as it is.
 * @throws TypeError naming the member.
 */
export function checkBalance(balance: Balance): Balance {
  const { amount, decimals, slot, exact, freshness } = balance ?? {}
  if (typeof amount !== 'bigint' || amount < 0n) {
    throw new TypeError('a balance must have an amount that is a bigint of at least 0')
  }
  if (!isDecimals(decimals)) throw new TypeError('a balance must have decimals from 0 to 255')
  if (!Number.isSafeInteger(slot) || slot < 0) throw new TypeError('a balance must have a slot')
  if (typeof exact !== 'boolean') throw new TypeError('a balance must say whether it is exact')
  if (Object.isFrozen(balance)) return balance
  const facts = { amount, decimals, slot, exact }
  return Object.freeze(freshness === undefined ? facts : { ...facts, freshness })
}

/** Whether a balance reaches a minimum: inclusive, in whole base units. */
export function meets({ amount, decimals }: Pick<Balance, 'amount' | 'decimals'>, minimum: Decimal): boolean {
  return amount >= unitsAtLeast(minimum, decimals)
}
