/** How much is measured. */
export interface Scale {
  /** A look at where things stand, with wide intervals. */
  readonly isQuick: boolean
  /** Rounds of every pair: at least 30 in the full form. */
  readonly rounds: number
}

/** A bar of the chart: what a server costs over the bare framework that it stands on. */
export interface Bar {
  readonly framework: string
  readonly name: string
  /** CPU per request over that of the bare framework. */
  readonly ratio: number
  readonly isOurs: boolean
}

/** One line of the table. */
export interface Figure {
  /** What is measured, as in the table of targets. */
  readonly what: string
  /** The target in words, for example `<= 1.10`; absent where there is none. */
  readonly target?: string
  /** The figure as text with its 95 % interval where there is one, for example `1.07 (1.05-1.09)`. */
  readonly measured: string
  /** Absent where there is no target. */
  readonly isMet?: boolean
  /** More, for RESULTS.md: absolute figures, the load. */
  readonly note?: string
  /** What the chart shows of it. */
  readonly bars?: readonly Bar[]
}

export interface Scenario {
  readonly name: string
  run(scale: Scale): Promise<readonly Figure[]>
}
