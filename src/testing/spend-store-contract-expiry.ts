import assert from 'node:assert/strict'
import { spendAtOnce } from './spend-store-contract-calls.js'
import type { SpendCase } from './spend-store-contract-fixture.js'
import { expiredOf, heldOf, TTL_MS, take } from './spend-store-contract-making.js'
import { upTo } from './store-contract-calls.js'

/** Cases of what is held beyond its time. */
export const spendExpiryCases: readonly SpendCase[] = [
  {
    name: 'holds a reservation until its time is over, and lets it be settled until then',
    async use({ calls, make, clock, reserve }) {
      const takes = [take('spent', 20n)]
      const [first, second] = [make.reservation({ takes }), make.reservation({ takes, onExpiry: 'commit' })]
      for (const asked of [first, second]) await calls.reserve(make.decision(), asked)
      clock.advance(TTL_MS - 1)
      assert.equal(await calls.expire(1_000), 0)
      assert.deepEqual((await reserve({ amount: 1n, takes })).decision.exceeded, [0])
      assert.equal((await calls.reservation(first.id)).reservation.state, 'held')
      assert.equal(await calls.sum('spent'), 20n)
      const committed = await calls.settle({ id: first.id, as: 'commit', amount: 7n })
      assert.deepEqual([committed?.isNew, committed?.reservation.expired], [true, false])
      assert.equal((await calls.settle({ id: second.id, as: 'release' }))?.isNew, true)
      clock.advance(1)
      assert.equal(await calls.expire(1_000), 0)
      assert.equal(await calls.sum('spent'), 7n)
    },
  },
  {
    name: 'counts a time that is over at once, before anybody has written it down: reserving',
    async use({ make, clock, reserve, instances }) {
      const [calls, other] = await instances()
      const takes = [take('released', 10n), take('times', 1n, { measures: 'count' })]
      const kept = [take('committed', 10n), take('kept times', 1n, { measures: 'count' })]
      await reserve({ takes })
      await reserve({ takes: kept, onExpiry: 'commit' })
      clock.advance(TTL_MS)
      const anew = await other.reserve(make.decision(), make.reservation({ takes }))
      assert.deepEqual([anew.decision.outcome, anew.decision.sums], ['approved', [0n, 0n]])
      const full = await other.reserve(make.decision(), make.reservation({ takes: kept }))
      assert.deepEqual(
        [full.decision.exceeded, full.decision.sums],
        [
          [0, 1],
          [10n, 1n],
        ],
      )
      for (const instance of [calls, other]) {
        for (const key of ['released', 'committed']) assert.equal(await instance.sum(key), 10n)
        for (const key of ['times', 'kept times']) assert.equal(await instance.sum(key), 1n)
      }
    },
  },
  {
    name: 'counts a time that is over at once, before anybody has written it down: reading',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      for (const onExpiry of ['release', 'commit'] as const) {
        const takes = [
          take(`${onExpiry} spent`, 10n),
          take(`${onExpiry} times`, 1n, { measures: 'count' }),
          take(`${onExpiry} used`, 1n, { measures: 'use' }),
        ]
        const asked = make.reservation({ takes, onExpiry })
        const { decision } = await calls.reserve(make.decision(), asked)
        const held = heldOf(asked, decision.id, clock.wallMs())
        clock.advance(TTL_MS + 5_000)
        const spans = takes.map(({ key }) => ({ key, fromMs: 0, toMs: 0 }))
        const reservation = expiredOf(held)
        const trail = [
          { event: 'reserve', atMs: held.createdAtMs, amount: 10n },
          { event: 'expire', atMs: held.expiresAtMs, amount: onExpiry === 'commit' ? 10n : 0n },
        ]
        for (const instance of [other, calls]) {
          assert.deepEqual(await instance.sums(spans), onExpiry === 'commit' ? [10n, 1n, 1n] : [0n, 0n, 1n])
          assert.deepEqual(await instance.readReservation(asked.id), { reservation, trail })
        }
        await calls.expire(1_000)
        assert.deepEqual(await other.readReservation(asked.id), { reservation, trail })
        assert.deepEqual(await other.sums(spans), onExpiry === 'commit' ? [10n, 1n, 1n] : [0n, 0n, 1n])
        const again = await other.reserve(make.decision(), asked)
        assert.deepEqual(again, { isNew: false, reservation, decision })
      }
    },
  },
  {
    name: 'answers a settlement that comes late that the time is over, and for good',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      for (const onExpiry of ['release', 'commit'] as const) {
        for (const as of ['commit', 'release'] as const) {
          const key = `${onExpiry} ${as}`
          const asked = make.reservation({ takes: [take(key, 10n)], onExpiry })
          const { decision } = await calls.reserve(make.decision(), asked)
          const reservation = expiredOf(heldOf(asked, decision.id, clock.wallMs()))
          clock.advance(TTL_MS)
          assert.deepEqual(await other.settle({ id: asked.id, as }), { isNew: false, reservation })
          assert.equal(await calls.sum(key), onExpiry === 'commit' ? 10n : 0n)
          // What was answered stays, whatever becomes of the clock.
          clock.stepWall(-TTL_MS)
          assert.deepEqual(await calls.settle({ id: asked.id, as }), { isNew: false, reservation })
          assert.equal(await calls.sum(key), onExpiry === 'commit' ? 10n : 0n)
          const { trail } = await calls.reservation(asked.id)
          assert.deepEqual(
            trail.map(({ event }) => event),
            ['reserve', 'expire'],
          )
        }
      }
    },
  },
  {
    name: 'stays within a limit whose units were freed by expiry, although the clock is set back',
    async use({ calls, make, clock, reserve }) {
      const takes = [take('spent', 10n)]
      const asked = make.reservation({ takes })
      await calls.reserve(make.decision(), asked)
      clock.advance(TTL_MS)
      assert.equal((await reserve({ takes, ttlMs: 10 * TTL_MS })).decision.outcome, 'approved')
      clock.stepWall(-TTL_MS)
      assert.equal(await calls.sum('spent'), 10n)
      assert.equal((await calls.settle({ id: asked.id, as: 'commit' }))?.isNew, false)
      assert.equal(await calls.sum('spent'), 10n)
      assert.deepEqual((await reserve({ amount: 1n, takes })).decision.exceeded, [0])
    },
  },
  {
    name: 'writes down what is held beyond its time, as many as it is told to, and says how many',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      assert.equal(await calls.expire(1_000), 0)
      const over = upTo(5).map((at) =>
        make.reservation({ takes: [take('spent', 1_000n)], onExpiry: at % 2 === 0 ? 'release' : 'commit' }),
      )
      const longer = make.reservation({ takes: [take('spent', 1_000n)], ttlMs: 2 * TTL_MS })
      const settled = make.reservation({ takes: [take('spent', 1_000n)] })
      const declined = make.reservation({ takes: [take('spent', 1n)] })
      for (const asked of [...over, longer, settled, declined]) await calls.reserve(make.decision(), asked)
      await calls.settle({ id: settled.id, as: 'commit' })
      clock.advance(TTL_MS)
      // Nothing else is asked for in between: any verb may write down what it comes upon.
      assert.deepEqual([await calls.expire(2), await other.expire(2)], [2, 2])
      assert.deepEqual([await calls.expire(2), await calls.expire(2), await other.expire(2)], [1, 0, 0])
      assert.equal(await other.sum('spent'), 40n)
      for (const { id } of over) {
        const { reservation, trail } = await other.reservation(id)
        assert.equal(reservation.expired, true)
        assert.equal(trail.filter(({ event }) => event === 'expire').length, 1)
      }
      for (const [id, state] of [
        [longer.id, 'held'],
        [settled.id, 'committed'],
        [declined.id, 'declined'],
      ] as const) {
        const { reservation } = await other.reservation(id)
        assert.deepEqual([reservation.state, reservation.expired], [state, false])
      }
      clock.advance(TTL_MS)
      assert.equal(await other.expire(1_000), 1)
      assert.equal(await calls.sum('spent'), 30n)
    },
  },
  {
    name: 'writes every expiry down once, where many do it, reserve and settle at the same time',
    async use({ make, clock, instances }) {
      const stores = await instances()
      const asked = upTo(30).map((at) =>
        make.reservation({ takes: [take('spent', 1_000n)], onExpiry: at % 3 === 0 ? 'commit' : 'release' }),
      )
      for (const one of asked) await stores[0].reserve(make.decision(), one)
      clock.advance(TTL_MS)
      const turns = upTo(36)
      const counts = await spendAtOnce(stores, turns, async (instance, turn) => {
        const id = asked[turn % asked.length]?.id ?? ''
        if (turn % 3 === 0) return instance.expire(7)
        if (turn % 3 === 1) {
          assert.equal((await instance.settle({ id, as: 'commit' }))?.isNew, false)
          return 0
        }
        const anew = make.reservation({ amount: 1n, takes: [take('spent', 1_000n)], ttlMs: 10 * TTL_MS })
        assert.deepEqual((await instance.reserve(make.decision(), anew)).decision.outcome, 'approved')
        return 0
      })
      assert.ok(counts.reduce((sum, one) => sum + one, 0) <= 30)
      await stores[1].expire(1_000)
      assert.equal(await stores[1].expire(1_000), 0)
      assert.equal(await stores[1].sum('spent'), 100n + 12n)
      for (const { id } of asked) {
        const { trail } = await stores[1].reservation(id)
        assert.deepEqual(
          trail.map(({ event }) => event),
          ['reserve', 'expire'],
        )
      }
    },
  },
  {
    name: 'counts every expiry once among many who write them down at the same time',
    async use({ make, clock, instances }) {
      const stores = await instances()
      const asked = upTo(30).map(() => make.reservation({ takes: [take('spent', 1_000n)] }))
      for (const one of asked) await stores[0].reserve(make.decision(), one)
      clock.advance(TTL_MS)
      const counts = await spendAtOnce(stores, upTo(10), ({ expire }) => expire(1_000))
      assert.equal(counts.reduce((sum, one) => sum + one, 0) + (await stores[0].expire(1_000)), 30)
      assert.equal(await stores[1].sum('spent'), 0n)
    },
  },
  {
    name: 'makes anew what was given back when its time was over, and nothing that was committed then',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      const asked = make.reservation({ takes: [take('spent', 10n)], renews: true })
      const kept = make.reservation({ takes: [take('kept', 10n)], renews: true, onExpiry: 'commit' })
      for (const one of [asked, kept]) await calls.reserve(make.decision(), one)
      for (const round of [1, 2]) {
        clock.advance(TTL_MS)
        const decision = make.decision()
        const { isNew, reservation } = await other.reserve(decision, asked)
        assert.equal(isNew, true)
        assert.deepEqual(reservation, heldOf(asked, decision.id, clock.wallMs()))
        assert.equal(await calls.sum('spent'), 10n)
        const { trail } = await calls.reservation(asked.id)
        assert.deepEqual(
          trail.map(({ event }) => event),
          ['reserve', ...upTo(round).flatMap(() => ['expire', 'reserve'])],
        )
      }
      const again = await other.reserve(make.decision(), kept)
      assert.deepEqual(
        [again.isNew, again.reservation?.state, again.reservation?.expired],
        [false, 'committed', true],
      )
      assert.equal(await calls.sum('kept'), 10n)
      // Its first time was over, its own is not.
      clock.advance(TTL_MS - 1)
      await calls.expire(1_000)
      assert.equal((await calls.settle({ id: asked.id, as: 'commit' }))?.isNew, true)
      assert.equal(await calls.sum('spent'), 10n)
    },
  },
]
