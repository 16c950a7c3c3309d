import { mintOf } from '../spend/money.js'

/** An amount in an answer: a number as long as JSON's readers keep it whole, above 2^53 - 1 a string of digits. */
export function wireAmountOf(amount: bigint): number | string {
  return amount <= Number.MAX_SAFE_INTEGER ? Number(amount) : String(amount)
}

/** What an amount is of, as the member that a request names it by. */
export function wireAssetOf(asset: string): { readonly currency: string } | { readonly mint: string } {
  const mint = mintOf(asset)
  return mint === undefined ? { currency: asset } : { mint }
}

/** A moment in an answer. */
export function timestampOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
