import type { BalanceSource } from 'sallyport'
import type { Guard } from '../../../src/balances/guard.js'

/** A source whose every call goes through a guard. */
export function guardedSource(source: BalanceSource, guard: Guard): BalanceSource {
  return {
    read: (query, options) => guard(options, (own) => source.read(query, own)),
    readMint: (mint, options) => guard(options, (own) => source.readMint(mint, own)),
  }
}
