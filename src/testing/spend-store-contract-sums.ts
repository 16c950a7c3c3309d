import assert from 'node:assert/strict'
import { spendAtOnce } from './spend-store-contract-calls.js'
import type { SpendCase } from './spend-store-contract-fixture.js'
import { take } from './spend-store-contract-making.js'
import { upTo } from './store-contract-calls.js'
import { almost, ODD_TEXTS, shown } from './store-contract-entries.js'

const MOST = 2n ** 64n - 1n
const FOREVER = Number.MAX_SAFE_INTEGER

/** Cases of what is counted, and where. */
export const spendSumCases: readonly SpendCase[] = [
  {
    name: 'counts within a span what was counted at both of its ends and between them, and nothing else',
    async use({ calls, reserve }) {
      for (const [atMs, amount] of [
        [3_000, 100n],
        [1_000, 1n],
        [4_000, 1_000n],
        [2_000, 10n],
      ] as const) {
        const span = { atMs, fromMs: atMs, toMs: atMs }
        const { decision } = await reserve({ amount, takes: [take('spent', 5_000n, span)] })
        assert.deepEqual(decision.sums, [0n])
      }
      for (const [fromMs, toMs, sum] of [
        [1_000, 4_000, 1_111n],
        [0, FOREVER, 1_111n],
        [1_001, 4_000, 1_110n],
        [1_000, 3_999, 111n],
        [2_000, 3_000, 110n],
        [2_000, 2_000, 10n],
        [2_001, 2_999, 0n],
        [4_001, FOREVER, 0n],
        [0, 999, 0n],
      ] as const) {
        assert.equal(await calls.sum('spent', fromMs, toMs), sum, `from ${fromMs} to ${toMs}`)
      }
    },
  },
  {
    name: 'answers the sums of spans in their order, however often one is asked for',
    async use({ reserve, instances }) {
      const [calls, other] = await instances()
      await reserve({ amount: 7n, takes: [take('a', 10n), take('b', 10n, { measures: 'count' })] })
      await reserve({ amount: 3n, takes: [take('c', 10n, { atMs: 5_000, fromMs: 5_000, toMs: 5_000 })] })
      const span = (key: string, fromMs = 0, toMs = FOREVER) => ({ key, fromMs, toMs })
      const spans = [span('c'), span('nobody'), span('a'), span('b'), span('c', 0, 4_999), span('a')]
      for (const instance of [calls, other]) {
        assert.deepEqual(await instance.sums(spans), [3n, 0n, 7n, 1n, 0n, 7n])
        assert.deepEqual(await instance.sums([]), [])
      }
    },
  },
  {
    name: 'holds a limit against what was counted within its span alone, and in time that is to come',
    async use({ calls, reserve }) {
      const rolling = (atMs: number) => take('rolling', 100n, { atMs, fromMs: atMs - 3_000, toMs: FOREVER })
      const outcomes: (readonly [number, bigint, string, bigint])[] = [
        [10_000, 60n, 'approved', 0n],
        [11_000, 40n, 'approved', 60n],
        [13_000, 1n, 'declined', 100n],
        [14_000, 60n, 'approved', 40n],
        // The clock was set back: what was counted after that moment counts.
        [12_000, 1n, 'declined', 160n],
        [14_000, 1n, 'declined', 100n],
        [15_000, 40n, 'approved', 60n],
      ]
      for (const [atMs, amount, outcome, before] of outcomes) {
        const { decision } = await reserve({ amount, takes: [rolling(atMs)] })
        assert.deepEqual([decision.outcome, decision.sums], [outcome, [before]], `at ${atMs}`)
      }
      assert.equal(await calls.sum('rolling', 14_000), 100n)
    },
  },
  {
    name: 'keeps the windows of a calendar apart, and several budgets of one reservation too',
    async use({ calls, reserve }) {
      const day = (atMs: number) => take('day', 10n, { atMs, fromMs: atMs, toMs: atMs, keepFromMs: 0 })
      const month = take('month', 25n)
      for (const [atMs, outcome, exceeded, sums] of [
        [86_400_000, 'approved', [], [0n, 0n]],
        [86_400_000, 'declined', [0], [10n, 10n]],
        [172_800_000, 'approved', [], [0n, 10n]],
        [259_200_000, 'declined', [1], [0n, 20n]],
        [172_800_000, 'declined', [0, 1], [10n, 20n]],
      ] as const) {
        const { decision } = await reserve({ amount: 10n, takes: [day(atMs), month] })
        assert.deepEqual([decision.outcome, decision.exceeded, decision.sums], [outcome, exceeded, sums])
      }
      assert.deepEqual(
        await calls.sums(
          [86_400_000, 172_800_000, 259_200_000].map((ms) => ({ key: 'day', fromMs: ms, toMs: ms })),
        ),
        [10n, 10n, 0n],
      )
    },
  },
  {
    name: 'forgets nothing that it must keep, and loses nothing else by what it forgets',
    async use({ calls, reserve }) {
      const counted = (atMs: number, keepFromMs: number) =>
        take('rolling', 1_000n, { atMs, fromMs: keepFromMs, toMs: FOREVER, keepFromMs })
      const old = await reserve({ amount: 1n, takes: [counted(1_000, 0)] })
      const older = await reserve({ amount: 2n, takes: [counted(1_500, 0)] })
      for (const atMs of [2_000, 3_000]) await reserve({ amount: 10n, takes: [counted(atMs, 0)] })
      const late = await reserve({ amount: 100n, takes: [counted(4_000, 2_000)] })
      assert.deepEqual(late.decision.sums, [20n])
      assert.equal(await calls.sum('rolling', 2_000), 120n)
      // Declined, it takes nothing, and what must be kept is the same.
      await reserve({ amount: 1_000n, takes: [counted(4_000, 2_000)] })
      assert.equal(await calls.sum('rolling', 2_000), 120n)
      await calls.settle({ id: old.reservation?.id ?? '', as: 'release' })
      await calls.settle({ id: older.reservation?.id ?? '', as: 'commit', amount: 0n })
      assert.equal(await calls.sum('rolling'), 120n)
      assert.equal(await calls.sum('rolling', 0, 1_999), 0n)
      await calls.settle({ id: late.reservation?.id ?? '', as: 'release' })
      assert.equal(await calls.sum('rolling', 2_000), 20n)
    },
  },
  {
    name: 'takes nothing off what was counted anew at a moment that may have been forgotten',
    async use({ calls, reserve }) {
      const counted = (atMs: number, keepFromMs: number) =>
        take('rolling', 1_000n, { atMs, toMs: FOREVER, keepFromMs })
      const old = await reserve({ takes: [counted(1_000, 0)] })
      await reserve({ takes: [counted(9_000, 9_000)] })
      // The clock was set back by far.
      const anew = await reserve({ amount: 30n, takes: [counted(1_000, 0)] })
      await calls.settle({ id: old.reservation?.id ?? '', as: 'release' })
      assert.equal(await calls.sum('rolling', 1_000, 1_000), 30n)
      await calls.settle({ id: anew.reservation?.id ?? '', as: 'commit', amount: 4n })
      assert.equal(await calls.sum('rolling', 1_000, 1_000), 4n)
    },
  },
  {
    name: 'is exact with amounts of 64 bits, and with sums and limits beyond',
    async use({ calls, reserve }) {
      const beyondDoubles = 2n ** 53n
      const first = await reserve({ amount: beyondDoubles, takes: [take('doubles', beyondDoubles + 1n)] })
      assert.equal(first.decision.outcome, 'approved')
      const tooMuch = await reserve({ amount: 2n, takes: [take('doubles', beyondDoubles + 1n)] })
      assert.deepEqual([tooMuch.decision.exceeded, tooMuch.decision.sums], [[0], [beyondDoubles]])
      const last = await reserve({ amount: 1n, takes: [take('doubles', beyondDoubles + 1n)] })
      assert.equal(last.decision.outcome, 'approved')
      assert.equal(await calls.sum('doubles'), beyondDoubles + 1n)

      const whole = await reserve({ amount: MOST, takes: [take('whole', MOST)] })
      assert.equal(whole.reservation?.amount, MOST)
      assert.deepEqual((await reserve({ amount: 1n, takes: [take('whole', MOST)] })).decision.exceeded, [0])
      assert.deepEqual(
        (await reserve({ amount: MOST, takes: [take('low', MOST - 1n)] })).decision.exceeded,
        [0],
      )

      const limit = 20n * MOST + 1n
      for (const at of upTo(20)) {
        const span = { atMs: 1_000 * (at % 3), toMs: FOREVER }
        const { decision } = await reserve({ amount: MOST, takes: [take('sum', limit, span)] })
        assert.deepEqual([decision.outcome, decision.sums], ['approved', [BigInt(at) * MOST]])
      }
      const over = await reserve({ amount: 2n, takes: [take('sum', limit, { toMs: FOREVER })] })
      assert.deepEqual([over.decision.exceeded, over.decision.sums], [[0], [20n * MOST]])
      assert.deepEqual(await calls.decision(over.decision.id), over.decision)
      await reserve({ amount: 1n, takes: [take('sum', limit, { toMs: FOREVER })] })
      assert.equal(await calls.sum('sum'), limit)
      assert.equal(await calls.sum('sum', 1_000, 1_000), 7n * MOST)
    },
  },
  {
    name: 'gives large amounts back to the unit',
    async use({ calls, reserve }) {
      const takes = [take('sum', 10n ** 25n)]
      const ids: string[] = []
      for (const _ of upTo(3)) ids.push((await reserve({ amount: MOST, takes })).reservation?.id ?? '')
      const [first = '', second = '', third = ''] = ids
      const part = 10n ** 15n
      const settled = await calls.settle({ id: first, as: 'commit', amount: part })
      assert.equal(settled?.reservation.committed, part)
      assert.equal(await calls.sum('sum'), 2n * MOST + part)
      await calls.settle({ id: second, as: 'commit', amount: MOST - 1n })
      assert.equal(await calls.sum('sum'), 2n * MOST - 1n + part)
      await calls.settle({ id: third, as: 'release' })
      assert.equal(await calls.sum('sum'), MOST - 1n + part)
      const { reservation, trail } = await calls.reservation(second)
      assert.deepEqual([reservation.amount, reservation.committed], [MOST, MOST - 1n])
      assert.deepEqual(
        trail.map(({ amount }) => amount),
        [MOST, MOST - 1n],
      )
    },
  },
  {
    name: 'tells budgets and reservations apart byte for byte, whatever they are called',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const names = [
        ...ODD_TEXTS.filter((text) => text !== ''),
        'Day',
        ...almost('Day'),
        'a:b',
        'a\\0',
        '\u00e9',
      ]
      const asked = names.map((id, at) => {
        const texts = { id, accountId: id, fingerprint: id }
        return make.reservation({ ...texts, amount: BigInt(at + 1), takes: [take(id, BigInt(at + 1))] })
      })
      await spendAtOnce([calls, other], asked, async ({ reserve }, one) => {
        const { decision } = await reserve(make.decision(), one)
        assert.equal(decision.outcome, 'approved', `of ${shown(one.id)}`)
      })
      for (const { id, amount } of asked) {
        assert.equal(await other.sum(id), amount, `of ${shown(id)}`)
        const { reservation } = await other.reservation(id)
        assert.deepEqual(
          [reservation.id, reservation.accountId, reservation.fingerprint, reservation.amount],
          [id, id, id, amount],
        )
      }
    },
  },
]
