import { type RawBuilder, sql } from 'kysely'
import type { Span, Take } from '../../ports/spend-store.js'
import type { Step, Tables } from './database.js'
import { milliseconds } from './ledger-time.js'
import { wholeNumber } from './schema.js'
import type { TallyTable } from './spend-schema.js'
import { storable } from './text.js'
import type { Write } from './together.js'

/** What is counted within a span. */
export interface Counted {
  /** As far as it is written down. */
  readonly sum: bigint
  /** The part of it that is held beyond its time, and counts no more. */
  readonly overdue: bigint
  /** The latest moment at which anything was counted. */
  readonly latestMs: number | undefined
}

/** Something to be added to, or with a negative amount taken off, one moment of a budget. */
export interface Share {
  readonly budgetKey: string
  readonly atMs: number
  readonly amount: bigint
}

const HALF = 10n ** 15n
// Beyond that a sum of many could leave the 64 bits that SQLite reckons with.
const BOUND = HALF * HALF

const NOTHING: Counted = { sum: 0n, overdue: 0n, latestMs: undefined }

/** An amount in two halves of fifteen digits, which both databases add up without an error of rounding. */
export function halvesOf(amount: bigint): { readonly high: number; readonly low: number } {
  return { high: Number(amount / HALF), low: Number(amount % HALF) }
}

/** The amount that {@link halvesOf} was given, or a sum of such. */
export function amountOf(high: string | number | bigint, low: string | number | bigint): bigint {
  return BigInt(high) * HALF + BigInt(low)
}

/** @throws RangeError where the amount is none that can be counted. */
export function checkCountable(amount: bigint): void {
  if (amount < 0n || amount >= BOUND) throw new RangeError('this amount cannot be counted')
}

/**
 * Locks budgets until the step is over: whoever is to take of one of them waits, in the order of their keys, so that
 * nobody waits in a circle. A conflicting row is locked although nothing is changed: were it changed, PostgreSQL would
 * let those who come later go before those who wait.
 */
export async function lockBudgets(db: Step, keys: readonly string[]): Promise<void> {
  await db
    .insertInto('sallyport_budget')
    .values(keys.map((key) => ({ budget_key: storable(key) })).sort(byKey))
    .onConflict((conflict) =>
      conflict
        .column('budget_key')
        .doUpdateSet({ budget_key: (expression) => expression.ref('excluded.budget_key') })
        .where(sql<boolean>`1 = 0`),
    )
    .execute()
}

/** What is counted within each span, in their order. One statement: it is what was true at one moment. */
export async function countWithin(
  db: Tables,
  spans: readonly Span[],
  now: RawBuilder<number>,
): Promise<readonly Counted[]> {
  if (spans.length === 0) return []
  const asked = spans.map(
    ({ key, fromMs, toMs }, place) =>
      sql`(cast(${place} as integer), cast(${storable(key)} as text), ${milliseconds(fromMs)}, ${milliseconds(toMs)})`,
  )
  const { rows } = await sql<SumRow>`
    with asked (place, budget_key, from_ms, to_ms) as (values ${sql.join(asked)})
    select asked.place, 0 as overdue, max(tally.at_ms) as latest_ms,
      cast(sum(tally.high) as text) as high, cast(sum(tally.low) as text) as low
    from asked
    join sallyport_tally as tally on tally.budget_key = asked.budget_key
      and tally.at_ms >= asked.from_ms and tally.at_ms <= asked.to_ms
    group by asked.place
    union all
    select asked.place, 1, null,
      cast(sum(hold.high) as text), cast(sum(hold.low) as text)
    from asked
    join sallyport_hold as hold on hold.budget_key = asked.budget_key
      and hold.at_ms >= asked.from_ms and hold.at_ms <= asked.to_ms and hold.frees_at_ms <= ${now}
    group by asked.place`.execute(db)
  const counted = spans.map(() => NOTHING)
  for (const { place, overdue, high, low, latest_ms } of rows) {
    const at = wholeNumber(place)
    const amount = amountOf(high, low)
    const known = counted[at] ?? NOTHING
    counted[at] =
      wholeNumber(overdue) === 0
        ? { ...known, sum: amount, latestMs: latest_ms ?? undefined }
        : { ...known, overdue: amount }
  }
  return counted
}

interface SumRow {
  readonly place: number | string
  readonly overdue: number | string
  readonly latest_ms: number | null
  readonly high: string
  readonly low: string
}

/** The statement that counts shares, each moment of a budget once; none where there is nothing to count. */
export function countingOf(db: Step, shares: readonly Share[]): Write[] {
  const rows = rowsOf(shares)
  if (rows.length === 0) return []
  const [high, low] = ['high', 'low'].map((half) => ({
    known: sql.ref<number>(`sallyport_tally.${half}`),
    coming: sql.ref<number>(`excluded.${half}`),
  })) as [Halves, Halves]
  const half = sql.lit(Number(HALF))
  const insert = db
    .insertInto('sallyport_tally')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['budget_key', 'at_ms']).doUpdateSet({
        high: sql<number>`${high.known} + ${high.coming} + (${low.known} + ${low.coming}) / ${half}`,
        low: sql<number>`(${low.known} + ${low.coming}) % ${half}`,
      }),
    )
  return [insert]
}

interface Halves {
  readonly known: RawBuilder<number>
  readonly coming: RawBuilder<number>
}

// One row for each moment, in one order: steps that count at once wait for one another in that order.
function rowsOf(shares: readonly Share[]): TallyRow[] {
  const sums = new Map<string, Share>()
  for (const share of shares) {
    const name = `${share.atMs} ${share.budgetKey}`
    sums.set(name, { ...share, amount: share.amount + (sums.get(name)?.amount ?? 0n) })
  }
  return [...sums.values()]
    .filter(({ amount }) => amount !== 0n)
    .map(({ budgetKey, atMs, amount }) => ({
      budget_key: storable(budgetKey),
      at_ms: atMs,
      ...halvesOf(amount),
    }))
    .sort((one, other) => byKey(one, other) || one.at_ms - other.at_ms)
}

type TallyRow = Pick<TallyTable, 'budget_key' | 'at_ms'> & { readonly high: number; readonly low: number }

function byKey(one: { readonly budget_key: string }, other: { readonly budget_key: string }): number {
  if (one.budget_key === other.budget_key) return 0
  return one.budget_key < other.budget_key ? -1 : 1
}

/**
 * The statement that forgets what was counted before anything that a take still asks for. What may yet be given back
 * stays: if it were forgotten, it would be taken off what is counted there after a clock has been set back.
 */
export function forgettingOf(db: Step, takes: readonly Take[]): Write[] {
  if (takes.length === 0) return []
  const keys = takes.map(({ key }) => storable(key))
  const forget = db
    .deleteFrom('sallyport_tally')
    .where((expression) =>
      expression.or(
        takes.map(({ key, keepFromMs, fromMs }) =>
          expression.and([
            expression('budget_key', '=', storable(key)),
            expression('at_ms', '<', Math.min(keepFromMs, fromMs)),
          ]),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('sallyport_hold as hold')
            .select('hold.reservation_id')
            .where('hold.budget_key', 'in', keys)
            .whereRef('hold.budget_key', '=', 'sallyport_tally.budget_key')
            .whereRef('hold.at_ms', '=', 'sallyport_tally.at_ms'),
        ),
      ),
    )
  return [forget]
}
