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
 * @returns The balance, so that a reading can be checked on its way.
 * @throws TypeError naming the member.
 */
export function checkBalance(balance: Balance): Balance {
  if (typeof balance?.amount !== 'bigint' || balance.amount < 0n) {
    throw new TypeError('a balance must have an amount that is a bigint of at least 0')
  }
  if (!isDecimals(balance.decimals)) throw new TypeError('a balance must have decimals from 0 to 255')
  if (!Number.isSafeInteger(balance.slot) || balance.slot < 0)
    throw new TypeError('a balance must have a slot')
  if (typeof balance.exact !== 'boolean') throw new TypeError('a balance must say whether it is exact')
  return balance
}
