import type { Span } from '../ports/spend-store.js'

interface Counted {
  /** The earliest first. */
  readonly moments: { readonly atMs: number; sum: bigint }[]
  /** How many of the moments have left the window. */
  gone: number
  total: bigint
}

/** What is counted of budgets in a simulation. Time goes forward only: what has left a window never comes back. */
export class SimulatedBudgets {
  readonly #budgets = new Map<string, Counted>()

  /** What is counted within a span. */
  sumOf({ key, fromMs }: Span): bigint {
    const counted = this.#budgets.get(key)
    if (counted === undefined) return 0n
    const { moments } = counted
    for (let first = moments[counted.gone]; first !== undefined; first = moments[counted.gone]) {
      if (first.atMs >= fromMs) break
      counted.total -= first.sum
      counted.gone += 1
    }
    return counted.total
  }

  /** Counts an amount at a moment, not earlier than the one before. */
  count({ key, atMs }: Span & { readonly atMs: number }, amount: bigint): void {
    const counted = this.#budgets.get(key) ?? { moments: [], gone: 0, total: 0n }
    const last = counted.moments.at(-1)
    if (last?.atMs === atMs) last.sum += amount
    else counted.moments.push({ atMs, sum: amount })
    counted.total += amount
    this.#budgets.set(key, counted)
  }
}
