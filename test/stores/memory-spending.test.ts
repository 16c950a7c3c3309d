import type { SpendStore } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { spendMaker, take } from '../../src/testing/spend-store-contract-making.js'
import type { PromptSpendStore } from '../contract/spend-store-bug.js'
import { manualClock } from '../support/clock.js'

const OPTIONS = { signal: new AbortController().signal }
const MOST = 100_000
const FOREVER = Number.MAX_SAFE_INTEGER

function kit() {
  const clock = manualClock()
  const inner: SpendStore = memoryStore({ clock })
  return { clock, store: inner as unknown as PromptSpendStore, make: spendMaker(clock) }
}

describe('what spending keeps in memory', () => {
  it('is answered at once', () => {
    const { store, make } = kit()
    const record = make.record({ lookups: ['x'] })
    expect(store.addSpendRecord(record, OPTIONS)).toBe('added')
    expect(store.findSpendRecord('agent', 'x', OPTIONS)).toEqual(record)
    const asked = make.reservation({ takes: [take('a', 10n)] })
    expect(store.reserve(make.decision(), asked, OPTIONS).isNew).toBe(true)
    expect(store.settle({ id: asked.id, as: 'commit' }, OPTIONS)?.isNew).toBe(true)
    expect(store.expireReservations(1, OPTIONS)).toBe(0)
    expect(store.readSums([take('a', 0n)], OPTIONS)).toEqual([10n])
    expect(store.listDecisions({ accountId: 'acme', limit: 1 }, OPTIONS).decisions).toHaveLength(1)
  })

  it('is not what the caller goes on to change', () => {
    const { store, make } = kit()
    const lookups = ['x']
    const record = { ...make.record(), lookups }
    store.addSpendRecord(record, OPTIONS)
    lookups.push('y')
    record.accountId = 'thief'
    expect(store.readSpendRecord('agent', record.id, OPTIONS)).toMatchObject({
      accountId: 'acme',
      lookups: ['x'],
    })
    const asked = make.reservation({ takes: [take('a', 10n)] })
    const { decision, reservation } = store.reserve(make.decision(), asked, OPTIONS)
    for (const answer of [decision, decision.sums, decision.exceeded, reservation]) {
      expect(Object.isFrozen(answer)).toBe(true)
    }
    const trail = store.readReservation(asked.id, OPTIONS)?.trail as unknown[]
    trail.pop()
    expect(store.readReservation(asked.id, OPTIONS)?.trail).toHaveLength(1)
  })

  it('forgets the moments of a budget that need not be kept', () => {
    const { store, make } = kit()
    const reserve = (atMs: number, keepFromMs: number) => {
      const takes = [take('rolling', 100n, { atMs, fromMs: keepFromMs, toMs: FOREVER, keepFromMs })]
      store.reserve(make.decision(), make.reservation({ takes }), OPTIONS)
    }
    const all = { key: 'rolling', fromMs: 0, toMs: FOREVER }
    for (const atMs of [1_000, 2_000, 3_000]) reserve(atMs, 0)
    expect(store.readSums([all], OPTIONS)).toEqual([30n])
    reserve(4_000, 3_000)
    expect(store.readSums([all], OPTIONS)).toEqual([20n])
  })

  it('gives nothing back at a moment that was forgotten and is counted at again', () => {
    const { store, make } = kit()
    const counted = (atMs: number, keepFromMs: number) =>
      make.reservation({ takes: [take('rolling', 100n, { atMs, toMs: FOREVER, keepFromMs })] })
    const [old, late, again] = [counted(1_000, 0), counted(9_000, 9_000), counted(1_000, 0)]
    for (const asked of [old, late, again]) store.reserve(make.decision(), asked, OPTIONS)
    store.settle({ id: old.id, as: 'release' }, OPTIONS)
    expect(store.readSums([{ key: 'rolling', fromMs: 1_000, toMs: 1_000 }], OPTIONS)).toEqual([10n])
  })

  it('expires in time, each at its own, however many were settled before', () => {
    const { store, make, clock } = kit()
    const ttls = Array.from({ length: 5_000 }, (_, at) => 1 + ((at * 7_919) % 4_999))
    const isSettled = (at: number) => at % 3 > 0
    for (const [at, ttlMs] of ttls.entries()) {
      const asked = make.reservation({ ttlMs })
      store.reserve(make.decision(), asked, OPTIONS)
      if (isSettled(at)) store.settle({ id: asked.id, as: 'commit' }, OPTIONS)
    }
    for (let nowMs = 100; nowMs <= 5_000; nowMs += 100) {
      clock.advance(100)
      const over = ttls.filter((ttlMs, at) => !isSettled(at) && ttlMs > nowMs - 100 && ttlMs <= nowMs)
      expect(store.expireReservations(1_000, OPTIONS)).toBe(over.length)
    }
  })

  it('is bounded: the oldest decisions and settled reservations are forgotten, and nothing that is held', () => {
    const { store, make, clock } = kit()
    const takes = [take('spent', 10n ** 9n)]
    const [held, settled, latest] = [
      make.reservation({ takes }),
      make.reservation({ takes }),
      make.reservation({ takes }),
    ]
    const renewed = make.reservation({ takes, renews: true })
    store.reserve(make.decision({ outcome: 'declined' }), renewed, OPTIONS)
    store.reserve(make.decision(), renewed, OPTIONS)
    const first = store.reserve(make.decision(), held, OPTIONS)
    store.reserve(make.decision(), settled, OPTIONS)
    store.settle({ id: settled.id, as: 'commit' }, OPTIONS)
    for (let count = 1; count < MOST; count++) {
      const asked = make.reservation({ takes, ttlMs: 1 + (count % 7) })
      store.reserve(make.decision(), asked, OPTIONS)
      if (count % 3 > 0) store.settle({ id: asked.id, as: count % 3 === 1 ? 'commit' : 'release' }, OPTIONS)
    }
    clock.advance(10)
    // With it, so many are held no longer.
    expect(store.readReservation(settled.id, OPTIONS)).toBeDefined()
    store.reserve(make.decision(), latest, OPTIONS)
    store.settle({ id: latest.id, as: 'release' }, OPTIONS)

    expect(store.readReservation(settled.id, OPTIONS)).toBeUndefined()
    expect(store.readReservation(latest.id, OPTIONS)).toBeDefined()
    expect(store.readReservation(renewed.id, OPTIONS)?.reservation.state).toBe('held')
    expect(store.readDecision(first.decision.id, OPTIONS)).toBeUndefined()
    expect(store.listDecisions({ accountId: 'acme', limit: 1 }, OPTIONS).decisions[0]?.reservationId).toBe(
      latest.id,
    )
    // With its decision, although the log has forgotten that one.
    expect(store.reserve(make.decision(), held, OPTIONS)).toEqual({ ...first, isNew: false })
    expect(store.settle({ id: held.id, as: 'release' }, OPTIONS)?.isNew).toBe(true)
    const committed = 1 + Math.ceil((MOST - 1) / 3)
    expect(store.readSums([take('spent', 0n)], OPTIONS)).toEqual([BigInt(committed + 1) * 10n])
  })
})
