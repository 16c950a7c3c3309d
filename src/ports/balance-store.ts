import type { Balance, BalanceQuery } from './balance-source.js'
import type { CallOptions } from './call-options.js'

/** A balance as it was read from the chain, and how long ago it was kept. */
export interface KeptBalance extends Omit<Balance, 'freshness'> {
  /** Since it was kept, by the store's own clock, in milliseconds. */
  readonly ageMs: number
}

/** Which balance is kept. */
export type BalanceKey = Pick<BalanceQuery, 'mint' | 'owner'>

/** Keeps balances for a while, for every instance that shares the store. */
export interface BalanceStore {
  /** What was kept last and is not over; `undefined` where there is nothing. */
  readBalance(
    key: BalanceKey,
    options: CallOptions,
  ): KeptBalance | undefined | Promise<KeptBalance | undefined>
  /**
   * Keeps a balance for `ttlMs` by the store's own clock. It is atomic: an answer of an older slot never takes the place
   * of one of a newer slot, nor of one slot a lower bound that of an exact answer.
   */
  keepBalance(key: BalanceKey, balance: Balance, ttlMs: number, options: CallOptions): void | Promise<void>
}
