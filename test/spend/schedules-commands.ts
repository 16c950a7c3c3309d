import fc from 'fast-check'

/** What is asked of the ledger: which reservation it is about is known when it is run. */
export type Wish =
  | {
      readonly verb: 'reserve'
      /** Which of the reservations that were asked for already; null for a new one. */
      readonly again: number | null
      readonly renews: boolean
      readonly holdsAnyway: boolean
      readonly units: number
      readonly odd: number
      /** Which budgets, one bit each. */
      readonly budgets: number
      readonly ttlMs: number
      readonly onExpiry: 'release' | 'commit'
    }
  | {
      readonly verb: 'settle'
      readonly which: number
      readonly as: 'commit' | 'release'
      readonly quarters: number | null
    }
  | { readonly verb: 'expire'; readonly limit: number }

/** One step of a schedule. */
export type Step =
  /** Wishes at the same time, over several instances. */
  | { readonly step: 'at once'; readonly wishes: readonly Wish[] }
  | { readonly step: 'advance'; readonly ms: number }
  /** To the end of the day, or a millisecond before it. */
  | { readonly step: 'edge'; readonly beforeMs: number }
  | { readonly step: 'step back'; readonly ms: number; readonly isSwept: boolean }
  /** Another instance goes on, and knows of no reservation that is held; an answer may be lost with the old one. */
  | { readonly step: 'crash'; readonly lost: Wish | null }

/** Steps, and what an amount is a multiple of. */
export interface Schedule {
  readonly unit: bigint
  readonly steps: readonly Step[]
}

const reserving: fc.Arbitrary<Wish> = fc.record({
  verb: fc.constant('reserve' as const),
  again: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(20) }),
  renews: fc.boolean(),
  holdsAnyway: fc.constantFrom(false, false, true),
  units: fc.integer({ min: 1, max: 30 }),
  odd: fc.constantFrom(0, 0, 1),
  budgets: fc.integer({ min: 0, max: 31 }),
  ttlMs: fc.constantFrom(1_000, 3_000, 7_000, 30_000),
  onExpiry: fc.constantFrom('release', 'commit'),
})

const settling: fc.Arbitrary<Wish> = fc.record({
  verb: fc.constant('settle' as const),
  which: fc.nat(20),
  as: fc.constantFrom('commit', 'commit', 'release'),
  quarters: fc.constantFrom(null, null, 0, 1, 3, 4),
})

const expiring: fc.Arbitrary<Wish> = fc.record({
  verb: fc.constant('expire' as const),
  limit: fc.constantFrom(1, 3, 1_000),
})

const wish = fc.oneof(
  { weight: 6, arbitrary: reserving },
  { weight: 4, arbitrary: settling },
  { weight: 1, arbitrary: expiring },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: wish.map((one) => ({ step: 'at once' as const, wishes: [one] })) },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('at once' as const),
      wishes: fc.oneof(
        fc.array(reserving, { minLength: 2, maxLength: 5 }),
        fc.array(wish, { minLength: 2, maxLength: 5 }),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant('advance' as const),
      ms: fc.constantFrom(1, 500, 999, 1_000, 2_999, 3_000, 8_000, 30_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ step: fc.constant('edge' as const), beforeMs: fc.constantFrom(0, 1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('step back' as const),
      ms: fc.constantFrom(1, 1_000, 3_000),
      isSwept: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('crash' as const),
      lost: fc.oneof(fc.constant(null), reserving, settling),
    }),
  },
)

/** Schedules of so many steps at most. */
export function schedules(maxSteps: number): fc.Arbitrary<Schedule> {
  return fc.record({
    unit: fc.constantFrom(1n, 2n ** 53n + 1n, 2n ** 59n),
    steps: fc.array(step, { minLength: 4, maxLength: maxSteps, size: 'max' }),
  })
}
