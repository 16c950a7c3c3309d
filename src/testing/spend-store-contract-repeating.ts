import assert from 'node:assert/strict'
import type { NewReservation } from '../ports/spend-store.js'
import { spendAtOnce } from './spend-store-contract-calls.js'
import type { SpendCase } from './spend-store-contract-fixture.js'
import { committedOf, heldOf, keptOf, releasedOf, take } from './spend-store-contract-making.js'
import { upTo } from './store-contract-calls.js'

/** Cases of asking for the same reservation again. */
export const spendRepeatingCases: readonly SpendCase[] = [
  {
    name: 'answers what is there where the id is known, and takes nothing anew',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      const takes = [take('spent', 100n)]
      const asked = make.reservation({ takes })
      const first = await calls.reserve(make.decision(), asked)
      clock.advance(1_000)
      const strangers: readonly NewReservation[] = [
        asked,
        { ...asked, renews: true },
        make.reservation({
          id: asked.id,
          accountId: 'another',
          fingerprint: 'something else',
          amount: 50n,
          ttlMs: 1,
          onExpiry: 'commit',
          takes: [take('spent', 1n), take('other', 100n)],
        }),
      ]
      for (const stranger of strangers) {
        for (const instance of [calls, other]) {
          const decision = make.decision({ document: '"again"' })
          assert.deepEqual(await instance.reserve(decision, stranger), { ...first, isNew: false })
          assert.equal(await instance.decision(decision.id), undefined)
        }
      }
      assert.equal(await calls.sum('spent'), 10n)
      assert.equal(await calls.sum('other'), 0n)
      assert.equal((await other.reservation(asked.id)).trail.length, 1)
      assert.deepEqual(await other.allDecisions({ accountId: 'acme' }), [first.decision])
    },
  },
  {
    name: 'answers a settled reservation as it stands, with the decision that it was made by',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      for (const as of ['commit', 'release'] as const) {
        const asked = make.reservation({ takes: [take('spent', 100n)] })
        const first = await calls.reserve(make.decision(), asked)
        const held = heldOf(asked, first.decision.id, clock.wallMs())
        clock.advance(1_000)
        await calls.settle({ id: asked.id, as })
        const nowMs = clock.wallMs()
        const reservation = as === 'commit' ? committedOf(held, 10n, nowMs) : releasedOf(held, nowMs)
        clock.advance(1_000)
        const again = await other.reserve(make.decision(), asked)
        assert.deepEqual(again, { isNew: false, reservation, decision: first.decision })
      }
      assert.equal(await calls.sum('spent'), 10n)
    },
  },
  {
    name: 'declines again what was declined, though it would fit by now',
    async use({ calls, make, reserve }) {
      const takes = [take('spent', 10n)]
      const holder = await reserve({ takes })
      const asked = make.reservation({ takes })
      const declined = await calls.reserve(make.decision(), asked)
      assert.deepEqual(declined.decision.exceeded, [0])
      await calls.settle({ id: holder.reservation?.id ?? '', as: 'release' })
      assert.deepEqual(await calls.reserve(make.decision(), asked), { ...declined, isNew: false })
      assert.equal(await calls.sum('spent'), 0n)
      assert.equal((await calls.reservation(asked.id)).trail.length, 1)
    },
  },
  {
    name: 'makes one of many reservations of the same id at the same time, and answers it to all',
    async use({ make, instances }) {
      const stores = await instances()
      for (const limit of [1_000n, 5n]) {
        const asked = make.reservation({ takes: [take(`up to ${limit}`, limit)] })
        const decisions = upTo(24).map(() => make.decision({ accountId: `of ${limit}` }))
        const answers = await spendAtOnce(stores, decisions, ({ reserve }, one) => reserve(one, asked))
        const winners = answers.filter(({ isNew }) => isNew)
        assert.equal(winners.length, 1)
        for (const answer of answers) assert.deepEqual({ ...answer, isNew: true }, winners[0])
        assert.equal(await stores[1].sum(`up to ${limit}`), limit === 5n ? 0n : 10n)
        assert.equal((await stores[1].reservation(asked.id)).trail.length, 1)
        const kept = await stores[1].allDecisions({ accountId: `of ${limit}` })
        assert.deepEqual(kept, [winners[0]?.decision])
      }
    },
  },
  {
    name: 'makes anew what was declined or released, where it is asked to, and by the new decision',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      const takes = [take('spent', 10n)]
      const asked = make.reservation({ takes, renews: true })
      const refused = await calls.reserve(make.decision({ outcome: 'declined' }), asked)
      assert.equal(refused.reservation?.state, 'declined')
      const startMs = clock.wallMs()
      for (const [round, instance] of [other, calls, other].entries()) {
        clock.advance(1_000)
        const nowMs = clock.wallMs()
        const decision = make.decision()
        const renewal = { ...asked, amount: BigInt(round + 5), fingerprint: asked.fingerprint }
        const reservation = heldOf(renewal, decision.id, nowMs)
        const kept = keptOf(decision, { reservationId: asked.id, sums: [0n] })
        const answer = { isNew: true, reservation, decision: kept }
        assert.deepEqual(await instance.reserve(decision, renewal), answer)
        assert.equal(await calls.sum('spent'), renewal.amount)
        await calls.settle({ id: asked.id, as: 'release' })
      }
      assert.deepEqual(await other.decision(refused.decision.id), refused.decision)
      const { trail } = await calls.reservation(asked.id)
      assert.deepEqual(trail, [
        { event: 'decline', atMs: startMs, amount: 10n },
        ...[1, 2, 3].flatMap((round) =>
          (['reserve', 'release'] as const).map((event) => {
            return { event, atMs: startMs + round * 1_000, amount: BigInt(round + 4) }
          }),
        ),
      ])
    },
  },
  {
    name: 'declines anew what is asked for anew and does not fit',
    async use({ calls, make, reserve }) {
      const takes = [take('spent', 10n)]
      await reserve({ takes, amount: 5n })
      const asked = make.reservation({ takes, renews: true })
      for (const round of [1, 2, 3]) {
        const decision = make.decision()
        const { isNew, reservation, decision: kept } = await calls.reserve(decision, asked)
        assert.deepEqual([isNew, kept.id, kept.exceeded], [true, decision.id, [0]])
        assert.deepEqual([reservation?.state, reservation?.decisionId], ['declined', decision.id])
        assert.equal((await calls.reservation(asked.id)).trail.length, round)
      }
      assert.equal(await calls.sum('spent'), 5n)
      assert.equal((await calls.allDecisions({ accountId: 'acme' })).length, 4)
    },
  },
  {
    name: 'makes nothing anew that is held or committed, nor what it was not asked to',
    async use({ calls, make }) {
      const takes = [take('spent', 1_000n)]
      const asked = make.reservation({ takes, renews: true })
      const first = await calls.reserve(make.decision(), asked)
      assert.deepEqual(await calls.reserve(make.decision(), asked), { ...first, isNew: false })
      await calls.settle({ id: asked.id, as: 'commit', amount: 4n })
      const again = await calls.reserve(make.decision(), asked)
      assert.deepEqual([again.isNew, again.reservation?.state], [false, 'committed'])
      assert.equal(await calls.sum('spent'), 4n)
      const other = make.reservation({ takes })
      await calls.reserve(make.decision(), other)
      await calls.settle({ id: other.id, as: 'release' })
      const refused = await calls.reserve(make.decision(), other)
      assert.deepEqual([refused.isNew, refused.reservation?.state], [false, 'released'])
      assert.equal(await calls.sum('spent'), 4n)
    },
  },
  {
    name: 'makes nothing anew for another request of the same id',
    async use({ calls, make }) {
      const takes = [take('spent', 15n)]
      const given = make.reservation({ takes, renews: true })
      await calls.reserve(make.decision(), given)
      await calls.settle({ id: given.id, as: 'release' })
      const declined = make.reservation({ takes, renews: true, amount: 20n })
      await calls.reserve(make.decision(), declined)
      for (const asked of [given, declined]) {
        const other = { ...asked, amount: 5n, fingerprint: 'something else' }
        const answer = await calls.reserve(make.decision(), other)
        assert.deepEqual([answer.isNew, answer.reservation?.fingerprint], [false, asked.fingerprint])
      }
      assert.equal(await calls.sum('spent'), 0n)
      assert.equal((await calls.reserve(make.decision(), given)).isNew, true)
    },
  },
  {
    name: 'makes a reservation anew once, for many that ask at the same time',
    async use({ make, instances }) {
      const stores = await instances()
      const asked = make.reservation({ takes: [take('spent', 1_000n)], renews: true })
      await stores[0].reserve(make.decision(), asked)
      await stores[0].settle({ id: asked.id, as: 'release' })
      const answers = await spendAtOnce(stores, upTo(24), ({ reserve }) => reserve(make.decision(), asked))
      const winners = answers.filter(({ isNew }) => isNew)
      assert.equal(winners.length, 1)
      for (const answer of answers) assert.deepEqual({ ...answer, isNew: true }, winners[0])
      assert.equal(await stores[1].sum('spent'), 10n)
      const { trail } = await stores[1].reservation(asked.id)
      assert.deepEqual(
        trail.map(({ event }) => event),
        ['reserve', 'release', 'reserve'],
      )
    },
  },
]
