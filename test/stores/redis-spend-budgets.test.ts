import fc from 'fast-check'
import type { Span, Take } from 'sallyport'
import { expect, it } from 'vitest'
import { take } from '../../src/testing/spend-store-contract-making.js'
import { describeWithServer, redisUrl } from '../support/servers.js'
import { ioredisDriver, nodeRedisDriver, withConnection } from './redis-kit.js'
import { openSpend, type SpendKit } from './redis-spend-kit.js'

const FOREVER = Number.MAX_SAFE_INTEGER
const STEP_MS = 1_000

/** What is taken within the last steps, and whatever seems to be later. */
const rolling = (atMs: number, steps: number, limit: bigint, keepFromMs = 0): Take =>
  take('rolling', limit, { atMs, fromMs: atMs - steps * STEP_MS, toMs: FOREVER, keepFromMs })

describeWithServer('budgets in Redis', 'redis', () => {
  it('let exactly as many through as one has room for, of 400 at once over two clients', () =>
    withConnection(ioredisDriver, redisUrl, (first) =>
      withConnection(nodeRedisDriver, redisUrl, async (second) => {
        const one = openSpend(first.client)
        const two = openSpend(second.client, { prefix: one.prefix })
        const hot = [take('hot', 109n), rolling(0, 5, 10_000n), take('times', 100n, { measures: 'count' })]
        const answers = await Promise.all(
          Array.from({ length: 400 }, (_, at) => {
            const asked = one.make.reservation({ amount: 10n, takes: at % 3 === 0 ? hot.toReversed() : hot })
            return (at % 2 === 0 ? one : two).calls.reserve(one.make.decision(), asked)
          }),
        )
        const held = answers.filter(({ reservation }) => reservation?.state === 'held')
        expect(held).toHaveLength(10)
        const sums = held.map(({ decision }) => decision.sums.find((_, at) => at === 1) ?? -1n)
        expect(sums.toSorted((a, b) => Number(a - b))).toEqual(
          Array.from({ length: 10 }, (_, at) => BigInt(at) * 10n),
        )
        for (const { calls } of [one, two]) expect(await calls.sums(hot)).toEqual([100n, 100n, 10n])
      }),
    ))

  it('count exactly, however large the numbers are', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      // Around the ends of the limbs and of 64 bits, and anywhere.
      const ends = [1n, 10n ** 15n, 10n ** 30n, 2n ** 53n, 2n ** 64n, 10n ** 45n]
      const amounts = fc.oneof(
        fc
          .tuple(fc.constantFrom(...ends), fc.bigInt(-2n, 2n))
          .map(([end, off]) => (end + off > 0n ? end + off : 1n)),
        fc.bigInt(1n, 10n ** 40n),
      )
      const parts = fc.array(fc.tuple(amounts, fc.double({ min: 0, max: 1, noNaN: true })), {
        minLength: 1,
        maxLength: 8,
      })
      const { calls, make } = openSpend(client)
      await fc.assert(
        fc.asyncProperty(parts, async (spends) => {
          const key = make.key()
          let sum = 0n
          for (const [amount, part] of spends) {
            const asked = make.reservation({ amount, takes: [take(key, sum + amount)] })
            const tooMuch = make.reservation({ amount, takes: [take(key, sum + amount - 1n)] })
            expect((await calls.reserve(make.decision(), tooMuch)).decision).toMatchObject({ exceeded: [0] })
            expect(await calls.reserve(make.decision(), asked)).toMatchObject({
              decision: { outcome: 'approved', sums: [sum] },
              reservation: { amount },
            })
            const committed = (amount * BigInt(Math.round(part * 1_000))) / 1_000n
            const settled = await calls.settle({ id: asked.id, as: 'commit', amount: committed })
            expect(settled?.reservation).toMatchObject({ committed })
            sum += committed
            expect(await calls.sum(key)).toBe(sum)
          }
        }),
        { numRuns: 20 },
      )
    }))

  it('tell of every span what a list of all that is counted tells', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyDeed, { minLength: 20, maxLength: 60 }), (deeds) =>
          withModel(openSpend(client), deeds),
        ),
        { numRuns: 25 },
      )
    }))

  it('forget what need not be kept, bit by bit, and no more of it', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client, call }) => {
      const { calls, make, prefix } = openSpend(client)
      const steps = 60
      for (let step = 0; step < 400; step++) {
        const atMs = step * STEP_MS
        const takes = [rolling(atMs, steps, 10n ** 9n, atMs - steps * STEP_MS)]
        const { decision } = await calls.reserve(make.decision(), make.reservation({ takes }))
        expect(decision.sums).toEqual([BigInt(Math.min(step, steps)) * 10n])
      }
      const size = async () => Number(await call('ZCARD', `{${prefix}}:moments:rolling`))
      expect(await size()).toBeLessThanOrEqual(steps + 2)
      expect(Number(await call('HLEN', `{${prefix}}:budget:rolling`))).toBeLessThanOrEqual(steps + 5)
      // After a long pause nothing of it is within the span, and a bounded part goes with each new step.
      const later = 10_000 * STEP_MS
      for (let step = 0; step < 3; step++) {
        const atMs = later + step * STEP_MS
        const takes = [rolling(atMs, steps, 10n ** 9n, atMs - steps * STEP_MS)]
        const { decision } = await calls.reserve(make.decision(), make.reservation({ takes }))
        expect(decision.sums).toEqual([BigInt(step) * 10n])
      }
      expect(await size()).toBe(3)
    }))

  it('count no more than is kept, where less of it is kept than a span is long', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const { calls, make } = openSpend(client)
      for (const [atMs, keepFromMs] of [
        [1_000, 0],
        [2_000, 0],
        [3_000, 2_000],
      ] as const) {
        const takes = [take('spent', 100n, { atMs, toMs: FOREVER, keepFromMs })]
        await calls.reserve(make.decision(), make.reservation({ takes }))
      }
      for (const [fromMs, sum] of [
        [2_000, 20n],
        [3_000, 10n],
        [4_000, 0n],
      ] as const) {
        const takes = [take('spent', 100n, { atMs: fromMs, fromMs, toMs: FOREVER, keepFromMs: fromMs })]
        expect(await calls.sums(takes)).toEqual([sum])
        await calls.reserve(make.decision(), make.reservation({ amount: 1n, takes }))
        expect(await calls.sums(takes)).toEqual([sum + 1n])
      }
    }))

  it('are not taken from by what was forgotten, where a moment is counted at again after a clock was set back', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const { calls, make } = openSpend(client)
      const reserve = async (atMs: number, amount: bigint, keepFromMs = 0) => {
        const takes = [take('day', 10_000n, { atMs, fromMs: atMs, toMs: atMs, keepFromMs })]
        const asked = make.reservation({ amount, takes })
        const { decision } = await calls.reserve(make.decision(), asked)
        return { id: asked.id, sums: decision.sums }
      }
      const release = (id: string) => calls.settle({ id, as: 'release' })
      const sumAt = (atMs: number) => calls.sum('day', atMs, atMs)

      const forgotten = await reserve(1_000, 5n)
      await reserve(2_000, 1n, 2_000)
      const anew = await reserve(1_000, 7n)
      expect(anew.sums).toEqual([0n])
      await release(forgotten.id)
      expect(await sumAt(1_000)).toBe(7n)
      const [beside, between] = [await reserve(1_000, 2n), await reserve(1_000, 3n)]
      await release(anew.id)
      await release(between.id)
      expect(await sumAt(1_000)).toBe(2n)

      await reserve(3_000, 1n, 2_000)
      const third = await reserve(1_000, 4n)
      await release(beside.id)
      expect(await sumAt(1_000)).toBe(4n)
      await release(third.id)
      expect(await calls.sum('day')).toBe(2n)

      // What is forgotten after a clock was set back lies before what was forgotten already.
      const early = await reserve(4_000, 5n)
      await reserve(5_000, 1n, 5_000)
      await reserve(1_000, 1n)
      await reserve(1_500, 1n, 1_500)
      await reserve(4_000, 7n)
      await release(early.id)
      expect(await sumAt(4_000)).toBe(7n)
    }))

  it('leave nothing behind where everything was given back', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client, call }) => {
      const { calls, make, prefix } = openSpend(client)
      const takes = [take('spent', 100n), take('times', 5n, { measures: 'count' })]
      const asked = [0, 1, 2].map(() => make.reservation({ takes }))
      for (const one of asked) await calls.reserve(make.decision(), one)
      for (const { id } of asked) await calls.settle({ id, as: 'release' })
      const keys = (await call('KEYS', `{${prefix}}:*`)) as string[]
      expect(keys.filter((key) => /:(?:budget|moments|due)/.test(key.slice(prefix.length + 2)))).toEqual([])
    }))
})

/** How a test goes on: the clock moves, something is reserved in one of three ways, or something held is ended. */
type Deed =
  | { readonly what: 'clock'; readonly steps: number }
  | {
      readonly what: 'reserve'
      readonly amount: bigint
      readonly span: 0 | 1 | 2
      readonly steps: number
      readonly room: bigint
    }
  | { readonly what: 'settle'; readonly which: number; readonly tenths: number }

const amount = fc.oneof(fc.bigInt(1n, 20n), fc.bigInt(1n, 10n ** 20n))
const steps = fc.integer({ min: 1, max: 12 })
const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ what: fc.constant('clock' as const), steps: fc.integer({ min: -8, max: 8 }) }),
  fc.record({
    what: fc.constant('reserve' as const),
    amount,
    span: fc.constantFrom(0 as const, 1 as const, 2 as const),
    steps,
    room: fc.constantFrom(0n, 0n, 5n, -1n),
  }),
  fc.record({
    what: fc.constant('settle' as const),
    which: fc.nat(),
    tenths: fc.integer({ min: -3, max: 10 }),
  }),
)

interface Count {
  readonly id: string
  readonly atMs: number
  readonly reserved: bigint
  amount: bigint
  isHeld: boolean
}

async function withModel({ calls, make }: SpendKit, deeds: readonly Deed[]): Promise<void> {
  const counts: Count[] = []
  const sumOf = ({ fromMs, toMs }: Omit<Span, 'key'>) =>
    counts.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).reduce((sum, one) => sum + one.amount, 0n)
  let nowMs = 1_000 * STEP_MS

  for (const deed of deeds) {
    if (deed.what === 'clock') nowMs += deed.steps * STEP_MS
    if (deed.what === 'reserve') {
      const fromMs = nowMs - deed.steps * STEP_MS
      const span = [
        { fromMs, toMs: FOREVER },
        { fromMs, toMs: nowMs },
        { fromMs: nowMs, toMs: nowMs },
      ][deed.span] as Omit<Span, 'key'>
      const sum = sumOf(span)
      const takes = [take('one', sum + deed.amount + deed.room, { ...span, atMs: nowMs })]
      const asked = make.reservation({ amount: deed.amount, takes })
      const { decision } = await calls.reserve(make.decision(), asked)
      expect(decision).toMatchObject({ outcome: deed.room < 0n ? 'declined' : 'approved', sums: [sum] })
      const count = { id: asked.id, atMs: nowMs, reserved: deed.amount, amount: deed.amount, isHeld: true }
      if (deed.room >= 0n) counts.push(count)
    }
    const held = counts.filter(({ isHeld }) => isHeld)
    const ended = deed.what === 'settle' ? held[deed.which % held.length] : undefined
    if (deed.what === 'settle' && ended !== undefined) {
      const part = deed.tenths < 0 ? 0n : (ended.reserved * BigInt(deed.tenths)) / 10n
      const way = deed.tenths < 0 ? ({ as: 'release' } as const) : ({ as: 'commit', amount: part } as const)
      await calls.settle({ id: ended.id, ...way })
      ended.amount = part
      ended.isHeld = false
    }
    const spans = [-12, -5, -1, 0, 3].flatMap((off) => {
      const fromMs = nowMs + off * STEP_MS
      return [FOREVER, fromMs, fromMs + 4 * STEP_MS].map((toMs) => ({ key: 'one', fromMs, toMs }))
    })
    expect(await calls.sums(spans)).toEqual(spans.map(sumOf))
  }
  for (const { id, isHeld } of counts) if (isHeld) await calls.settle({ id, as: 'release' })
  const committed = counts.filter(({ isHeld }) => !isHeld).reduce((sum, one) => sum + one.amount, 0n)
  expect(await calls.sum('one')).toBe(committed)
}
