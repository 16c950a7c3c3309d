import type { Balance, BalanceQuery, BalanceSource } from 'sallyport'

/** A balance source whose chain is a table, for tests of everything that is not a chain. */
export interface TableBalances extends BalanceSource {
  set(owner: string, mint: string, amount: bigint, slot?: number): void
  /** What the next readings do instead of answering; `undefined` heals it. */
  fault: ((query: BalanceQuery) => Balance | Promise<Balance>) | undefined
  readonly reads: number
}

export function tableBalances({ decimals = 9 }: { readonly decimals?: number } = {}): TableBalances {
  const table = new Map<string, { amount: bigint; slot: number }>()
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
