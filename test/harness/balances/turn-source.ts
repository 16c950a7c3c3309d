import type { Balance, BalanceQuery } from 'sallyport'
import { balance } from './readings.js'

/** A chain on which every wallet holds 100, that tells which questions came in one turn. */
export function turnSource() {
  const turns: BalanceQuery[][] = []
  let open: BalanceQuery[] | undefined
  let slot = 1
  const source = {
    turns,
    fault: undefined as ((asked: BalanceQuery) => Balance | Promise<Balance>) | undefined,
    get reads() {
      return turns.reduce((sum, { length }) => sum + length, 0)
    },
    async read(asked: BalanceQuery) {
      if (open === undefined) {
        open = []
        turns.push(open)
        setImmediate(() => {
          open = undefined
        })
      }
      open.push(asked)
      return source.fault?.(asked) ?? balance(100n, { decimals: 0, slot: ++slot })
    },
    readMint: async () => ({ decimals: 0 }),
  }
  return source
}
