import type { Decimal } from '../amount.js'
import type { CallOptions } from './call-options.js'

/** What a wallet holds of one mint. */
export interface Balance {
  /** Raw base units, summed over every token account that counts. */
  readonly amount: bigint
  /** The mint's decimals, as the chain has them. */
  readonly decimals: number
  /** The slot that the answer was read at. */
  readonly slot: number
  /** False where `amount` is only a lower bound: it may allow, it never refuses and is never rendered. */
  readonly exact: boolean
  /** How the answer was come by; absent means it was read for this request. */
  readonly freshness?: 'cached' | 'stale'
}

/** Which balance is asked for. Both addresses are canonical base58. */
export interface BalanceQuery {
  readonly mint: string
  readonly owner: string
  /**
   * What the caller needs. A source may then answer a lower bound that reaches it, unless `exact` is asked for; a cache
   * chooses by it how long an answer may be kept.
   */
  readonly minimum?: Decimal
  /** True where a lower bound will not do. */
  readonly exact?: boolean
}

/** What a chain says of a mint. */
export interface MintInfo {
  readonly decimals: number
}

/**
 * Reads balances from a chain. A wallet that never held the token holds `0n`; a chain that cannot be read, or that
 * answers something malformed, is a rejection and never zero.
 */
export interface BalanceSource {
  read(query: BalanceQuery, options: CallOptions): Balance | Promise<Balance>
  /** Rejects where the mint does not exist. */
  readMint(mint: string, options: CallOptions): MintInfo | Promise<MintInfo>
}
