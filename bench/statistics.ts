/** What many rounds say: their median, and where the true one lies in 95 of 100 runs. */
export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
}

/**
 * The median of `values`, with an interval of at least 95 % from their order alone: it assumes nothing about how they
 * are spread. Fewer than six values cannot tell that much; then it reaches from the least to the greatest.
 */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b)
  const { length } = sorted
  if (length === 0) throw new RangeError('nothing was measured')
  const at = (index: number) => sorted[index] ?? Number.NaN
  const outside = ranksOutside(length)
  const median = (at((length - 1) >> 1) + at(length >> 1)) / 2
  return { median, low: at(outside), high: at(length - 1 - outside) }
}

/** Round by round, so that what slows a machine down slows both sides. */
export function ratios(over: readonly number[], under: readonly number[]): number[] {
  if (over.length !== under.length) throw new RangeError('a ratio needs both sides of every round')
  return over.map((value, round) => value / (under[round] ?? Number.NaN))
}

/** A ratio as text: `1.07 (1.05-1.09)`. */
export function formatSummary({ median, low, high }: Summary, digits = 2): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`
}

// How many values may be left out at each end: as many as 2.5 % of all ways to fall below the median allow.
function ranksOutside(length: number): number {
  let chance = 0.5 ** length
  let below = chance
  let outside = 0
  while (below <= 0.025) {
    outside++
    chance *= (length - outside + 1) / outside
    below += chance
  }
  return Math.max(0, outside - 1)
}
