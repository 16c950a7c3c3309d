import assert from 'node:assert/strict'
import type { NewReservation, Reservation, Take } from '../ports/spend-store.js'
import { spendAtOnce } from './spend-store-contract-calls.js'
import type { SpendCase, SpendKit } from './spend-store-contract-fixture.js'
import {
  committedOf,
  expiredOf,
  heldOf,
  keptOf,
  releasedOf,
  TTL_MS,
  take,
} from './spend-store-contract-making.js'
import { upTo } from './store-contract-calls.js'

/** Cases of what is held although it was declined. */
export const spendObservingCases: readonly SpendCase[] = [
  {
    name: 'holds what is declined where it is to be held anyway, and takes nothing',
    async use({ make, clock, instances, reserve }) {
      const [calls, other] = await instances()
      await reserve({ amount: 95n, takes: [take('spent', 100n)] })
      for (const [outcome, exceeded, sums] of [
        ['declined', [], []],
        ['approved', [0], [95n, 0n, 0n, 0n]],
      ] as const) {
        const decision = make.decision({ outcome })
        const asked = make.reservation({ takes: limitsOf('spent'), holdsAnyway: true })
        const reservation = heldOf(asked, decision.id, clock.wallMs())
        const kept = keptOf(decision, { outcome: 'declined', reservationId: asked.id, exceeded, sums })
        assert.deepEqual(await calls.reserve(decision, asked), { isNew: true, reservation, decision: kept })
        for (const instance of [other, calls]) {
          for (const renews of [false, true]) {
            const again = await instance.reserve(make.decision(), { ...asked, renews })
            assert.deepEqual(again, { isNew: false, reservation, decision: kept })
          }
          assert.deepEqual(await instance.decision(decision.id), kept)
          const trail = [{ event: 'reserve', atMs: clock.wallMs(), amount: 10n }]
          assert.deepEqual(await instance.readReservation(asked.id), { reservation, trail })
          assert.equal(await instance.sum('spent'), 95n)
          for (const key of ['free', 'times', 'used']) assert.equal(await instance.sum(key), 0n)
        }
      }
    },
  },
  {
    name: 'takes of every limit what fits, though it would be held anyway',
    async use({ calls, make, clock }) {
      const decision = make.decision()
      const asked = make.reservation({ takes: limitsOf('spent'), holdsAnyway: true })
      const { reservation, decision: kept } = await calls.reserve(decision, asked)
      assert.deepEqual(reservation, heldOf(asked, decision.id, clock.wallMs()))
      assert.deepEqual([kept.outcome, kept.exceeded, kept.sums], ['approved', [], [0n, 0n, 0n, 0n]])
      const sums = ['spent', 'free', 'times', 'used'].map((key) => calls.sum(key))
      assert.deepEqual(await Promise.all(sums), [10n, 10n, 1n, 1n])
      await calls.settle({ id: asked.id, as: 'release' })
      assert.equal(await calls.sum('spent'), 0n)
    },
  },
  {
    name: 'settles what is held anyway like anything that is held, and gives nothing back for it',
    async use({ make, clock, instances, reserve }) {
      const [calls, other] = await instances()
      const holder = make.reservation({ amount: 95n, takes: [take('spent', 100n)] })
      await calls.reserve(make.decision(), holder)
      for (const outcome of ['declined', 'approved'] as const) {
        for (const [as, amount] of [
          ['commit', undefined],
          ['commit', 4n],
          ['commit', 0n],
          ['release', undefined],
        ] as const) {
          const takes = [take('spent', 100n), take('free', 1_000n)]
          const { reservation: held } = await reserve({ takes, holdsAnyway: true }, { outcome })
          assert.ok(held !== null)
          clock.advance(1_000)
          const nowMs = clock.wallMs()
          const settlement = { id: held.id, as, ...(amount !== undefined && { amount }) }
          const reservation =
            as === 'commit' ? committedOf(held, amount ?? 10n, nowMs) : releasedOf(held, nowMs)
          assert.deepEqual(await other.settle(settlement), { isNew: true, reservation })
          assert.deepEqual(await calls.settle(settlement), { isNew: false, reservation })
          const { trail } = await other.reservation(held.id)
          assert.deepEqual(trail, [
            { event: 'reserve', atMs: held.createdAtMs, amount: 10n },
            { event: as, atMs: nowMs, amount: amount ?? 10n },
          ])
          assert.deepEqual([await other.sum('spent'), await other.sum('free')], [95n, 0n])
        }
      }
    },
  },
  {
    name: 'lets what is held anyway expire like anything that is held, and gives nothing back for it',
    async use(kit) {
      const { calls, clock } = kit
      const [, other] = await kit.instances()
      const longer = { amount: 95n, takes: [take('spent', 100n)], ttlMs: 100 * TTL_MS }
      await kit.reserve(longer)
      for (const onExpiry of ['release', 'commit'] as const) {
        const held = await heldAnyway(kit, { onExpiry })
        clock.advance(TTL_MS - 1)
        assert.equal(await other.expire(1_000), 0)
        for (const reservation of held) {
          assert.equal((await other.reservation(reservation.id)).reservation.state, 'held')
        }
        clock.advance(1)
        // Of these two only one is written down before it is read.
        assert.equal(await calls.expire(1), 1)
        for (const reservation of held) {
          const trail = [
            { event: 'reserve', atMs: reservation.createdAtMs, amount: 10n },
            { event: 'expire', atMs: reservation.expiresAtMs, amount: onExpiry === 'commit' ? 10n : 0n },
          ]
          const expired = { reservation: expiredOf(reservation), trail }
          assert.deepEqual(await other.readReservation(reservation.id), expired)
          const late = await other.settle({ id: reservation.id, as: 'commit' })
          assert.deepEqual(late, { isNew: false, reservation: expired.reservation })
        }
        await calls.expire(1_000)
        assert.equal(await calls.expire(1_000), 0)
        assert.equal(await other.sum('spent'), 95n)
      }
    },
  },
  {
    name: 'makes anew what was held anyway and given back, by what is decided then',
    async use({ calls, make, clock }) {
      const holder = make.reservation({ amount: 95n, takes: [take('spent', 100n)], ttlMs: 100 * TTL_MS })
      await calls.reserve(make.decision(), holder)
      const asked = make.reservation({ takes: [take('spent', 100n)], renews: true, holdsAnyway: true })
      async function reserveAnew(rest: Partial<NewReservation> = {}): Promise<readonly unknown[]> {
        const { isNew, reservation, decision } = await calls.reserve(make.decision(), { ...asked, ...rest })
        assert.equal(reservation?.decisionId, decision.id)
        return [isNew, reservation.state, decision.outcome, await calls.sum('spent')]
      }
      assert.deepEqual(await reserveAnew({ holdsAnyway: false }), [true, 'declined', 'declined', 95n])
      assert.deepEqual(await reserveAnew(), [true, 'held', 'declined', 95n])
      await calls.settle({ id: asked.id, as: 'release' })
      assert.deepEqual(await reserveAnew(), [true, 'held', 'declined', 95n])
      clock.advance(TTL_MS)
      assert.deepEqual(await reserveAnew({ holdsAnyway: false }), [true, 'declined', 'declined', 95n])
      await calls.settle({ id: holder.id, as: 'release' })
      assert.deepEqual(await reserveAnew(), [true, 'held', 'approved', 10n])
      await calls.settle({ id: asked.id, as: 'commit' })
      assert.deepEqual(await reserveAnew(), [false, 'committed', 'approved', 10n])
      const { trail } = await calls.reservation(asked.id)
      const story = 'decline reserve release reserve expire decline reserve commit'
      assert.equal(trail.map(({ event }) => event).join(' '), story)
    },
  },
  {
    name: 'holds anyway once, for many that ask for the same at the same time',
    async use({ make, instances }) {
      const stores = await instances()
      for (const outcome of ['declined', 'approved'] as const) {
        const rest = { takes: [take('spent', 5n)], holdsAnyway: true, renews: true }
        const asked = make.reservation(rest)
        const decisions = upTo(24).map(() => make.decision({ outcome, accountId: `of ${outcome}` }))
        const answers = await spendAtOnce(stores, decisions, ({ reserve }, one) => reserve(one, asked))
        const winners = answers.filter(({ isNew }) => isNew)
        assert.equal(winners.length, 1)
        assert.deepEqual([winners[0]?.reservation?.state, winners[0]?.decision.outcome], ['held', 'declined'])
        for (const answer of answers) assert.deepEqual({ ...answer, isNew: true }, winners[0])
        assert.equal(await stores[1].sum('spent'), 0n)
        assert.equal((await stores[1].reservation(asked.id)).trail.length, 1)
        const kept = await stores[1].allDecisions({ accountId: `of ${outcome}` })
        assert.deepEqual(kept, [winners[0]?.decision])
      }
    },
  },
]

/** An amount that may not fit, and others that do. */
function limitsOf(key: string): Take[] {
  return [
    take(key, 100n),
    take('free', 1_000n),
    take('times', 10n, { measures: 'count' }),
    take('used', 10n, { measures: 'use' }),
  ]
}

/** One that the caller declines, and one that does not fit into what is spent. */
async function heldAnyway({ reserve }: SpendKit, rest: Partial<NewReservation>): Promise<Reservation[]> {
  const held: Reservation[] = []
  for (const outcome of ['declined', 'approved'] as const) {
    const asked = { ...rest, takes: [take('spent', 100n)], holdsAnyway: true }
    const { reservation, decision } = await reserve(asked, { outcome })
    assert.ok(reservation !== null)
    assert.deepEqual([reservation.state, decision.outcome], ['held', 'declined'])
    held.push(reservation)
  }
  return held
}
