import assert from 'node:assert/strict'
import { spendAtOnce } from './spend-store-contract-calls.js'
import type { SpendCase } from './spend-store-contract-fixture.js'
import { heldOf, keptOf, take } from './spend-store-contract-making.js'
import { upTo } from './store-contract-calls.js'

/** Cases of reserving. */
export const spendReservingCases: readonly SpendCase[] = [
  {
    name: 'holds what is reserved, and tells of it with the decision that it was made by',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      const nowMs = clock.wallMs()
      const decision = make.decision({ agentId: 'agent', mandateId: 'mandate', atMs: nowMs - 5 })
      const takes = [take('spent', 100n), take('times', 3n, { measures: 'count' })]
      const asked = make.reservation({ takes, amount: 60n, ttlMs: 1_234, onExpiry: 'commit' })
      const reservation = heldOf(asked, decision.id, nowMs)
      const kept = keptOf(decision, { reservationId: asked.id, sums: [0n, 0n] })
      assert.deepEqual(await calls.reserve(decision, asked), { isNew: true, reservation, decision: kept })
      const trail = [{ event: 'reserve', atMs: nowMs, amount: 60n }]
      for (const instance of [calls, other]) {
        assert.deepEqual(await instance.readReservation(asked.id), { reservation, trail })
        assert.deepEqual(await instance.decision(decision.id), kept)
        assert.equal(await instance.sum('spent'), 60n)
        assert.equal(await instance.sum('times'), 1n)
      }
      assert.equal(await calls.readReservation('nobody'), undefined)
    },
  },
  {
    name: 'takes up to the last unit of a limit, and not one more',
    async use({ reserve, instances }) {
      const [calls, other] = await instances()
      const takes = [take('spent', 100n)]
      const outcomes: (readonly [bigint, string, bigint])[] = [
        [60n, 'approved', 0n],
        [41n, 'declined', 60n],
        [40n, 'approved', 60n],
        [1n, 'declined', 100n],
      ]
      for (const [at, [amount, outcome, before]] of outcomes.entries()) {
        const { decision, reservation } = await reserve({ amount, takes }, {}, at % 2 === 0 ? calls : other)
        assert.equal(decision.outcome, outcome)
        assert.deepEqual(decision.sums, [before])
        assert.deepEqual(decision.exceeded, outcome === 'approved' ? [] : [0])
        assert.equal(reservation?.state, outcome === 'approved' ? 'held' : 'declined')
      }
      assert.equal(await calls.sum('spent'), 100n)
      const wider = await reserve({ amount: 1n, takes: [take('spent', 101n)] })
      assert.equal(wider.decision.outcome, 'approved')
      const narrower = await reserve({ amount: 1n, takes: [take('spent', 50n)] })
      assert.deepEqual([narrower.decision.exceeded, narrower.decision.sums], [[0], [101n]])
    },
  },
  {
    name: 'takes of every limit or of none, and says which did not fit',
    async use({ calls, make, clock, reserve }) {
      const keys = ['a', 'b', 'c', 'd']
      await reserve({ amount: 8n, takes: [take('b', 10n), take('d', 10n)] })
      for (const [limits, exceeded] of [
        [[10n, 10n, 10n, 99n], [1]],
        [[10n, 99n, 10n, 10n], [3]],
        [[2n, 99n, 10n, 99n], [0]],
        [
          [2n, 10n, 2n, 10n],
          [0, 1, 2, 3],
        ],
      ] as const) {
        const takes = keys.map((key, at) => take(key, limits[at] ?? 0n))
        const [decision, asked] = [make.decision(), make.reservation({ amount: 3n, takes })]
        const reserved = await calls.reserve(decision, asked)
        const reservation = { ...heldOf(asked, decision.id, clock.wallMs()), state: 'declined' as const }
        const rest = { reservationId: asked.id, exceeded, sums: [0n, 8n, 0n, 8n] }
        const kept = keptOf(decision, { ...rest, outcome: 'declined' })
        assert.deepEqual(reserved, { isNew: true, reservation, decision: kept })
        assert.deepEqual(await calls.decision(decision.id), kept)
        const trail = [{ event: 'decline', atMs: clock.wallMs(), amount: 3n }]
        assert.deepEqual(await calls.readReservation(asked.id), { reservation, trail })
        for (const [at, key] of keys.entries()) assert.equal(await calls.sum(key), [0n, 8n, 0n, 8n][at])
      }
      const fits = await reserve({ amount: 2n, takes: keys.map((key) => take(key, 10n)) })
      assert.deepEqual([fits.decision.outcome, fits.decision.sums], ['approved', [0n, 8n, 0n, 8n]])
      for (const [at, key] of keys.entries()) assert.equal(await calls.sum(key), [2n, 10n, 2n, 10n][at])
    },
  },
  {
    name: 'counts amounts by the unit, and times and single uses by one',
    async use({ calls, reserve }) {
      const takes = [
        take('spent', 1_000n),
        take('times', 2n, { measures: 'count' }),
        take('used', 3n, { measures: 'use' }),
      ]
      for (const [sums, exceeded] of [
        [[0n, 0n, 0n], []],
        [[400n, 1n, 1n], []],
        [
          [800n, 2n, 2n],
          [0, 1],
        ],
      ] as const) {
        const { decision } = await reserve({ amount: 400n, takes })
        assert.deepEqual([decision.sums, decision.exceeded], [sums, exceeded])
      }
      assert.equal(await calls.sum('times'), 2n)
      assert.equal(await calls.sum('used'), 2n)
      const once = [take('approval', 1n, { measures: 'use' })]
      assert.equal((await reserve({ takes: once })).decision.outcome, 'approved')
      assert.deepEqual((await reserve({ takes: once })).decision.exceeded, [0])
    },
  },
  {
    name: 'reserves where no limit is set, and takes nothing of a limit of nothing',
    async use({ calls, reserve }) {
      const free = await reserve({ amount: 5n, takes: [] })
      assert.deepEqual([free.isNew, free.reservation?.state], [true, 'held'])
      assert.deepEqual([free.decision.sums, free.decision.exceeded], [[], []])
      assert.equal((await calls.settle({ id: free.reservation?.id ?? '', as: 'commit' }))?.isNew, true)
      const none = await reserve({ amount: 1n, takes: [take('nothing', 0n)] })
      assert.deepEqual([none.decision.outcome, none.decision.exceeded], ['declined', [0]])
      assert.equal(await calls.sum('nothing'), 0n)
    },
  },
  {
    name: 'takes nothing by a decision that is declined, and declines the same request again',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      const decision = make.decision({ outcome: 'declined' })
      const asked = make.reservation({ takes: [take('spent', 100n)] })
      const reservation = { ...heldOf(asked, decision.id, clock.wallMs()), state: 'declined' as const }
      const kept = keptOf(decision, { reservationId: asked.id })
      assert.deepEqual(await calls.reserve(decision, asked), { isNew: true, reservation, decision: kept })
      assert.equal(await calls.sum('spent'), 0n)
      const again = make.decision()
      const answer = { isNew: false, reservation, decision: kept }
      for (const instance of [calls, other]) assert.deepEqual(await instance.reserve(again, asked), answer)
      assert.equal(await calls.sum('spent'), 0n)
      assert.equal(await calls.decision(again.id), undefined)
      const trail = [{ event: 'decline', atMs: clock.wallMs(), amount: asked.amount }]
      assert.deepEqual(await other.readReservation(asked.id), { reservation, trail })
    },
  },
  {
    name: 'only keeps the decision where there is nothing to reserve',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      for (const outcome of ['approved', 'declined'] as const) {
        const decision = make.decision({ outcome })
        const kept = keptOf(decision)
        const reserved = await calls.reserve(decision, null)
        assert.deepEqual(reserved, { isNew: true, reservation: null, decision: kept })
        assert.deepEqual(await other.decision(decision.id), kept)
      }
    },
  },
  {
    name: 'lets exactly as many through as a limit allows, of many at the same time',
    async use({ make, instances }) {
      const stores = await instances()
      const asked = upTo(40).map((at) =>
        make.reservation({
          amount: 1n,
          takes: [take('shared', 10n), take(`own ${at}`, 1n), take('times', 50n, { measures: 'count' })],
        }),
      )
      const answers = await spendAtOnce(stores, asked, ({ reserve }, one) => reserve(make.decision(), one))
      const winners = answers.filter(({ decision }) => decision.outcome === 'approved')
      const losers = answers.filter(({ decision }) => decision.outcome === 'declined')
      assert.deepEqual([winners.length, losers.length], [10, 30])
      // Each saw what those before it had taken: there is an order that they came in.
      const seen = winners.map(({ decision }) => Number(decision.sums[0])).toSorted((a, b) => a - b)
      assert.deepEqual(seen, upTo(10))
      for (const { decision } of losers) {
        assert.deepEqual([decision.exceeded, decision.sums], [[0], [10n, 0n, 10n]])
      }
      assert.equal(await stores[1].sum('shared'), 10n)
      assert.equal(await stores[1].sum('times'), 10n)
      for (const [at, { id }] of asked.entries()) {
        const { reservation } = await stores[0].reservation(id)
        assert.equal(reservation.state, answers[at]?.reservation?.state)
        assert.equal(await stores[0].sum(`own ${at}`), reservation.state === 'held' ? 1n : 0n)
      }
    },
  },
  {
    name: 'takes of the same limits in any order at the same time',
    async use({ make, instances }) {
      const stores = await instances()
      const keys = ['a', 'b', 'c', 'd', 'e']
      const asked = upTo(40).map((at) => {
        const turned = [...keys.slice(at % 5), ...keys.slice(0, at % 5)]
        const ordered = at % 2 === 0 ? turned : turned.toReversed()
        return make.reservation({
          amount: 1n,
          takes: ordered.map((key) => take(key, key === 'c' ? 25n : 90n)),
        })
      })
      const answers = await spendAtOnce(stores, asked, ({ reserve }, one) => reserve(make.decision(), one))
      assert.equal(answers.filter(({ reservation }) => reservation?.state === 'held').length, 25)
      for (const key of keys) assert.equal(await stores[1].sum(key), 25n)
    },
  },
]
