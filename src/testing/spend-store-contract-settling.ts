import assert from 'node:assert/strict'
import { spendAtOnce } from './spend-store-contract-calls.js'
import type { SpendCase, SpendKit } from './spend-store-contract-fixture.js'
import { committedOf, heldOf, releasedOf, take } from './spend-store-contract-making.js'
import { upTo } from './store-contract-calls.js'

/** Cases of settling. */
export const spendSettlingCases: readonly SpendCase[] = [
  {
    name: 'commits all of it, a part of it or none of it, and gives the rest back',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      let spent = 0n
      for (const [amount, committed] of [
        [undefined, 100n],
        [100n, 100n],
        [99n, 99n],
        [1n, 1n],
        [0n, 0n],
      ] as const) {
        const asked = make.reservation({ amount: 100n, takes: [take('spent', 1_000n)] })
        const { decision } = await calls.reserve(make.decision(), asked)
        const held = heldOf(asked, decision.id, clock.wallMs())
        assert.equal(await calls.sum('spent'), spent + 100n)
        clock.advance(1_000)
        const nowMs = clock.wallMs()
        const reservation = committedOf(held, committed, nowMs)
        const settlement = {
          id: asked.id,
          as: 'commit' as const,
          ...(amount === undefined ? {} : { amount }),
        }
        assert.deepEqual(await other.settle(settlement), { isNew: true, reservation })
        spent += committed
        assert.equal(await calls.sum('spent'), spent)
        const trail = [
          { event: 'reserve', atMs: held.createdAtMs, amount: 100n },
          { event: 'commit', atMs: nowMs, amount: committed },
        ]
        assert.deepEqual(await calls.readReservation(asked.id), { reservation, trail })
      }
    },
  },
  {
    name: 'ends nothing that another decision has made anew, where it is told which is meant',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const asked = make.reservation({ takes: [take('a', 10n)], renews: true })
      const first = await calls.reserve(make.decision(), asked)
      const meant = { id: asked.id, as: 'release', decisionId: first.decision.id } as const
      assert.equal((await other.settle({ ...meant, decisionId: 'another' }))?.isNew, false)
      assert.equal((await other.settle(meant))?.isNew, true)
      const second = await calls.reserve(make.decision(), asked)
      assert.equal(second.isNew, true)
      assert.deepEqual(await other.settle(meant), { isNew: false, reservation: second.reservation })
      assert.equal(await calls.sum('a'), 10n)
      const rightly = { ...meant, decisionId: second.decision.id }
      assert.equal((await calls.settle(rightly))?.isNew, true)
      assert.equal(await calls.sum('a'), 0n)
    },
  },
  {
    name: 'gives all of it back when it is released, for others to take',
    async use({ make, clock, reserve, instances }) {
      const [calls, other] = await instances()
      const takes = [take('a', 10n), take('b', 15n), take('times', 1n, { measures: 'count' })]
      const asked = make.reservation({ takes })
      const { decision } = await calls.reserve(make.decision(), asked)
      assert.deepEqual((await reserve({ takes })).decision.exceeded, [0, 1, 2])
      clock.advance(1_000)
      const nowMs = clock.wallMs()
      const held = heldOf(asked, decision.id, nowMs - 1_000)
      const reservation = releasedOf(held, nowMs)
      assert.deepEqual(await other.settle({ id: asked.id, as: 'release' }), { isNew: true, reservation })
      const trail = [
        { event: 'reserve', atMs: held.createdAtMs, amount: 10n },
        { event: 'release', atMs: nowMs, amount: 10n },
      ]
      assert.deepEqual(await calls.readReservation(asked.id), { reservation, trail })
      assert.deepEqual((await reserve({ takes })).decision.sums, [0n, 0n, 0n])
    },
  },
  {
    name: 'gives back where it was counted, whenever that was',
    async use({ calls, reserve }) {
      const at = (atMs: number) =>
        take('spent', 1_000n, { atMs, fromMs: atMs, toMs: Number.MAX_SAFE_INTEGER, keepFromMs: 0 })
      const [first, second] = [
        await reserve({ amount: 100n, takes: [at(1_000)] }),
        await reserve({ amount: 200n, takes: [at(2_000)] }),
      ]
      await reserve({ amount: 400n, takes: [at(3_000)] })
      await calls.settle({ id: second.reservation?.id ?? '', as: 'commit', amount: 50n })
      assert.deepEqual(await momentsOf(calls), [100n, 50n, 400n])
      await calls.settle({ id: first.reservation?.id ?? '', as: 'release' })
      assert.deepEqual(await momentsOf(calls), [0n, 50n, 400n])
    },
  },
  {
    name: 'counts a time until it is released, and a single use for ever',
    async use({ calls, make }) {
      const [times, uses] = [{ measures: 'count' }, { measures: 'use' }] as const
      const takes = [take('spent', 99n), take('times', 9n, times), take('used', 9n, uses)]
      const sums = async () => [await calls.sum('spent'), await calls.sum('times'), await calls.sum('used')]
      for (const [settlement, after] of [
        [{ as: 'commit' }, [10n, 1n, 1n]],
        [{ as: 'commit', amount: 3n }, [13n, 2n, 2n]],
        [{ as: 'commit', amount: 0n }, [13n, 3n, 3n]],
        [{ as: 'release' }, [13n, 3n, 4n]],
      ] as const) {
        const asked = make.reservation({ takes })
        await calls.reserve(make.decision(), asked)
        assert.equal((await calls.settle({ id: asked.id, ...settlement }))?.isNew, true)
        assert.deepEqual(await sums(), after)
      }
      const once = make.reservation({ takes: [take('once', 1n, uses)], renews: true })
      await calls.reserve(make.decision(), once)
      await calls.settle({ id: once.id, as: 'release' })
      assert.deepEqual((await calls.reserve(make.decision(), once)).decision.exceeded, [0])
    },
  },
  {
    name: 'settles once, and answers afterwards how it was settled',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      for (const first of [{ as: 'commit', amount: 4n }, { as: 'release' }] as const) {
        const asked = make.reservation({ takes: [take(first.as, 10n)] })
        await calls.reserve(make.decision(), asked)
        const settled = await calls.settle({ id: asked.id, ...first })
        assert.equal(settled?.isNew, true)
        clock.advance(1_000)
        for (const second of [first, { as: 'commit' }, { as: 'release' }] as const) {
          for (const instance of [calls, other]) {
            const again = await instance.settle({ id: asked.id, ...second })
            assert.deepEqual(again, { isNew: false, reservation: settled?.reservation })
          }
        }
        assert.equal(await calls.sum(first.as), first.as === 'commit' ? 4n : 0n)
        assert.equal((await other.reservation(asked.id)).trail.length, 2)
      }
    },
  },
  {
    name: 'settles nothing that is not there, and nothing that was declined',
    async use({ calls, make }) {
      assert.equal(await calls.settle({ id: 'nobody', as: 'commit' }), undefined)
      assert.equal(await calls.settle({ id: 'nobody', as: 'release' }), undefined)
      assert.equal(await calls.readReservation('nobody'), undefined)
      const asked = make.reservation({ takes: [take('spent', 5n)] })
      const { reservation } = await calls.reserve(make.decision(), asked)
      for (const as of ['commit', 'release'] as const) {
        assert.deepEqual(await calls.settle({ id: asked.id, as }), { isNew: false, reservation })
      }
      assert.equal(await calls.sum('spent'), 0n)
      assert.equal((await calls.reservation(asked.id)).trail.length, 1)
    },
  },
  {
    name: 'throws, and changes nothing, where more than is reserved or less than nothing is committed',
    async use({ calls, make, reserve }) {
      const takes = [take('spent', 10_000n)]
      await reserve({ amount: 500n, takes })
      const asked = make.reservation({ amount: 100n, takes })
      const { reservation } = await calls.reserve(make.decision(), asked)
      const before = await calls.reservation(asked.id)
      for (const amount of [101n, 2n ** 64n, -1n]) {
        await assert.rejects(calls.settle({ id: asked.id, as: 'commit', amount }), `of ${amount}`)
      }
      assert.deepEqual(await calls.reservation(asked.id), before)
      assert.deepEqual(before.reservation, reservation)
      assert.equal(await calls.sum('spent'), 600n)
      assert.equal((await calls.settle({ id: asked.id, as: 'commit', amount: 100n }))?.isNew, true)
      assert.equal(await calls.sum('spent'), 600n)
    },
  },
  {
    name: 'settles by exactly one of many who commit and release at the same time',
    async use({ make, instances }) {
      const stores = await instances()
      for (const round of upTo(4)) {
        const asked = make.reservation({ takes: [take(`round ${round}`, 10n)] })
        await stores[0].reserve(make.decision(), asked)
        const settlements = upTo(16).map((at) => {
          const commit = { id: asked.id, as: 'commit' as const, amount: BigInt(at % 4) }
          return (at + round) % 2 === 0 ? commit : { id: asked.id, as: 'release' as const }
        })
        const answers = await spendAtOnce(stores, settlements, ({ settle }, one) => settle(one))
        const winners = answers.flatMap((answer, at) => (answer?.isNew === true ? [settlements[at]] : []))
        assert.equal(winners.length, 1)
        const [{ reservation, trail }, [winner]] = [await stores[1].reservation(asked.id), winners]
        for (const answer of answers) assert.deepEqual(answer?.reservation, reservation)
        const committed = winner?.as === 'commit' ? winner.amount : null
        assert.equal(reservation.state, winner?.as === 'commit' ? 'committed' : 'released')
        assert.equal(reservation.committed, committed)
        assert.equal(await stores[1].sum(`round ${round}`), committed ?? 0n)
        assert.equal(trail.length, 2)
      }
    },
  },
  {
    name: 'loses and doubles nothing where many reserve and settle at the same time',
    async use({ make, instances }) {
      const stores = await instances()
      const asked = upTo(40).map(() => make.reservation({ takes: [take('a', 150n), take('b', 10_000n)] }))
      const answers = await spendAtOnce(stores, asked, async (instance, one): Promise<bigint> => {
        const at = asked.indexOf(one)
        const { reservation } = await instance.reserve(make.decision(), one)
        if (reservation?.state !== 'held') return 0n
        if (at % 3 === 0) return 10n
        const part = { id: one.id, as: 'commit', amount: 3n } as const
        await instance.settle(at % 3 === 1 ? part : { id: one.id, as: 'release' })
        return at % 3 === 1 ? 3n : 0n
      })
      const spent = answers.reduce((sum, one) => sum + one, 0n)
      assert.ok(spent > 0n && spent <= 150n, `${spent} of 150`)
      assert.equal(await stores[1].sum('a'), spent)
      assert.equal(await stores[1].sum('b'), spent)
    },
  },
]

async function momentsOf(calls: SpendKit['calls']): Promise<readonly bigint[]> {
  return calls.sums([1_000, 2_000, 3_000].map((ms) => ({ key: 'spent', fromMs: ms, toMs: ms })))
}
