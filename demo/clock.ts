import type { Clock } from 'sallyport'

/** The machine's clock, except that minutes can be skipped: the demo shows cache times without waiting for them. */
export interface SkippingClock extends Clock {
  skip(ms: number): void
}

export function skippingClock(): SkippingClock {
  let skippedMs = 0
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now() + skippedMs,
    skip(ms) {
      skippedMs += ms
    },
  }
}
