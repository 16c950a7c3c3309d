import type { Balance, Clock } from 'sallyport'
import type { BalanceStore } from '../../../src/ports/balance-store.js'

/** Balances that instances share, in this process. */
export interface TableBalanceStore extends BalanceStore {
  /** What happens instead of an answer; `undefined` heals it. */
  readFault: (() => never | Promise<never>) | undefined
  keepFault: (() => never | Promise<never>) | undefined
  readonly reads: number
  /** For how long each was kept. */
  readonly lifetimesMs: readonly number[]
}

export function tableBalanceStore(clock: Clock): TableBalanceStore {
  const rows = new Map<
    string,
    { readonly balance: Balance; readonly keptAtMs: number; readonly ttlMs: number }
  >()
  const lifetimesMs: number[] = []
  let reads = 0
  const ageOf = ({ keptAtMs }: { readonly keptAtMs: number }) => clock.monotonicMs() - keptAtMs

  function find(key: string) {
    const row = rows.get(key)
    return row !== undefined && ageOf(row) < row.ttlMs ? row : undefined
  }

  return {
    readFault: undefined,
    keepFault: undefined,
    lifetimesMs,
    get reads() {
      return reads
    },
    readBalance({ mint, owner }) {
      reads++
      if (this.readFault !== undefined) return this.readFault()
      const row = find(`${mint} ${owner}`)
      return row && { ...row.balance, ageMs: ageOf(row) }
    },
    keepBalance({ mint, owner }, balance, ttlMs) {
      if (this.keepFault !== undefined) return this.keepFault()
      const key = `${mint} ${owner}`
      if ((find(key)?.balance.slot ?? 0) > balance.slot) return undefined
      lifetimesMs.push(ttlMs)
      rows.set(key, { balance, keptAtMs: clock.monotonicMs(), ttlMs })
      return undefined
    },
  }
}
