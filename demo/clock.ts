import type { Clock } from 'sallyport'

/** The machine's clocks, except that minutes can be skipped: the demo shows what time does without waiting for it. */
export interface SkippingClock extends Clock {
  skip(ms: number): void
}

export function skippingClock(): SkippingClock {
  let skippedMs = 0
  return {
    wallMs: () => Date.now() + skippedMs,
    monotonicMs: () => performance.now() + skippedMs,
    skip(ms) {
      skippedMs += ms
    },
  }
}
