import type { Balance, BalanceQuery, BalanceSource } from '../ports/balance-source.js'

/** A balance source whose chain is a table. */
export interface FakeBalances extends BalanceSource {
  /** What a wallet holds from now on, in base units. */
  set(owner: string, mint: string, amount: bigint, slot?: number): void
  /** What the next readings do instead of answering; `undefined` heals it. */
  fault: ((query: BalanceQuery) => Balance | Promise<Balance>) | undefined
  /** How often a balance was read. */
  readonly reads: number
}

/**
 * Makes a balance source that answers from a table; a wallet that was never set holds nothing.
 *
 * @param options.decimals - Of every mint. Default 9.
 * @example
 * const balances = fakeBalances()
 * balances.set(wallet, ACTO_MINT, 60_000n * 10n ** 9n)
 * balances.fault = () => Promise.reject(new Error('the chain is down'))
 */
export function fakeBalances({ decimals = 9 }: { readonly decimals?: number } = {}): FakeBalances {
  const table = new Map<string, { readonly amount: bigint; readonly slot: number }>()
  let reads = 0
  let slot = 1
  return {
    fault: undefined,
    get reads() {
      return reads
    },
    set(owner, mint, amount, at = ++slot) {
      slot = Math.max(slot, at)
      table.set(`${mint} ${owner}`, { amount, slot: at })
    },
    async read(query) {
      reads++
      if (this.fault !== undefined) return this.fault(query)
      const held = table.get(`${query.mint} ${query.owner}`) ?? { amount: 0n, slot }
      return { ...held, decimals, exact: true }
    },
    async readMint() {
      return { decimals }
    },
  }
}
