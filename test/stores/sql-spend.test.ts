import { expect, it, vi } from 'vitest'
import { START_MS } from '../../src/testing/manual-clock.js'
import { TTL_MS } from '../../src/testing/spend-store-contract-making.js'
import { manualClock } from '../support/clock.js'
import { describeWithServer } from '../support/servers.js'
import { CALL, countOf, describeOnBoth, freshServer, type TestDatabase, upTo } from './sql-kit.js'
import { newMaker, spendCallsOf, take } from './sql-spend-kit.js'

const SPEND_TABLES = [
  'spend_lookup',
  'spend_record',
  'hold',
  'tally',
  'budget',
  'ledger',
  'reservation',
  'decision',
]

/** Takes a database back to what it was before anything could be spent. */
async function unmakeSpending(database: TestDatabase): Promise<void> {
  for (const table of SPEND_TABLES) await database.query(`drop table sallyport_${table}`)
  await database.query(`delete from sallyport_migration where name = '0002_spend'`)
}

async function momentsOf(database: TestDatabase): Promise<readonly number[]> {
  const rows = await database.query('select at_ms from sallyport_tally order by at_ms')
  return rows.map(({ at_ms }) => Number(at_ms))
}

describeOnBoth('a database from before anything could be spent', (fresh) => {
  it('is brought up to date by several instances at once, and keeps what it has', async () => {
    const database = await fresh()
    const earlier = database.store()
    const { credentialId } = await earlier.issueApiKey({ accountId: 'acme' })
    await earlier.claim('claimed', START_MS * 2, CALL)
    await unmakeSpending(database)

    const make = newMaker()
    const stores = upTo(3).map(() => database.store())
    const reserved = await Promise.all(
      stores.map(async (store) =>
        store.reserve(make.decision(), make.reservation({ takes: [take('spent', 30n)] }), CALL),
      ),
    )
    expect(reserved.map(({ decision }) => decision.outcome)).toEqual(['approved', 'approved', 'approved'])
    const made = await database.query('select name from sallyport_migration order by name')
    expect(made.map(({ name }) => name)).toEqual(['0001_store', '0002_spend'])
    for (const store of [earlier, ...stores]) {
      expect(await store.describeCredential(credentialId)).toMatchObject({ accountId: 'acme' })
      expect(await store.claim('claimed', START_MS * 2, CALL)).toBe(false)
    }
  })

  it('is left as it is where not all of it can be made', async () => {
    const database = await fresh()
    const { credentialId } = await database.store().issueApiKey({ accountId: 'acme' })
    await unmakeSpending(database)
    await database.query('create table sallyport_decision (something integer)')
    await expect(database.store().readDecision('none', CALL)).rejects.toThrow('sallyport_decision')
    await expect(database.query('select * from sallyport_tally')).rejects.toThrow('sallyport_tally')
    await database.query('drop table sallyport_decision')
    const store = database.store()
    expect(await store.readDecision('none', CALL)).toBeUndefined()
    expect(await store.describeCredential(credentialId)).toMatchObject({ accountId: 'acme' })
  })
})

describeOnBoth('what is held beyond its time', (fresh) => {
  it('is written down beside other calls, without anybody asking for it', async () => {
    const database = await fresh()
    const clock = manualClock()
    const store = database.store({ clock })
    const calls = spendCallsOf(store)
    const make = newMaker()
    const takes = [take('spent', 100n), take('times', 9n, { measures: 'count' })]
    const released = make.reservation({ takes })
    const committed = make.reservation({ takes, onExpiry: 'commit' })
    for (const one of [released, committed]) await calls.reserve(make.decision(), one)
    await database.settled(store)
    expect(await countOf(database, 'sallyport_hold')).toBe(4)
    clock.advance(TTL_MS)
    // Another budget: nothing is in its way.
    await calls.reserve(make.decision(), make.reservation({ takes: [take('other', 10n)], ttlMs: 9 * TTL_MS }))
    await database.settled(store)
    const rows = await database.query('select id, state, expired from sallyport_reservation order by id')
    expect(rows).toEqual([
      { id: released.id, state: 'released', expired: 1 },
      { id: committed.id, state: 'committed', expired: 1 },
      { id: expect.any(String), state: 'held', expired: 0 },
    ])
    expect(await countOf(database, 'sallyport_hold')).toBe(1)
    expect(await calls.sum('spent')).toBe(10n)
    expect(await calls.sum('times')).toBe(1n)
  })

  it('makes room where it is needed, however many they are, and no more than that', async () => {
    const database = await fresh()
    const clock = manualClock()
    const calls = spendCallsOf(database.store({ clock }))
    const make = newMaker()
    const takes = [take('spent', 120n)]
    const ones = upTo(120).map(() => make.reservation({ amount: 1n, takes }))
    await calls.sum('spent')
    await Promise.all(ones.map((one) => calls.reserve(make.decision(), one)))
    expect(await calls.sum('spent')).toBe(120n)
    clock.advance(TTL_MS)
    const all = make.reservation({ amount: 110n, takes, ttlMs: 9 * TTL_MS })
    const { decision } = await calls.reserve(make.decision(), all)
    expect([decision.outcome, decision.sums]).toEqual(['approved', [0n]])
    expect(await calls.sum('spent')).toBe(110n)
    const over = await calls.reserve(make.decision(), make.reservation({ amount: 11n, takes }))
    expect([over.decision.exceeded, over.decision.sums]).toEqual([[0], [110n]])
  })
})

describeOnBoth('the moments of a budget that rolls', (fresh) => {
  const rolling = (atMs: number) =>
    take('rolling', 1_000n, {
      atMs,
      fromMs: atMs - 3_000,
      toMs: Number.MAX_SAFE_INTEGER,
      keepFromMs: atMs - 3_000,
    })

  it('are forgotten once nothing asks for them any more', async () => {
    const database = await fresh()
    const calls = spendCallsOf(database.store({ clock: manualClock() }))
    const make = newMaker()
    for (const at of upTo(10)) {
      const one = make.reservation({ takes: [rolling(10_000 + at * 1_000)] })
      await calls.reserve(make.decision(), one)
      await calls.settle({ id: one.id, as: 'commit' })
    }
    expect(await momentsOf(database)).toEqual([16_000, 17_000, 18_000, 19_000])
    expect(await calls.sum('rolling')).toBe(40n)
  })

  it('stay while something may be given back there, though the clock is set back meanwhile', async () => {
    const database = await fresh()
    const calls = spendCallsOf(database.store({ clock: manualClock() }))
    const make = newMaker()
    const early = make.reservation({ amount: 600n, takes: [rolling(10_000)] })
    await calls.reserve(make.decision(), early)
    await calls.reserve(make.decision(), make.reservation({ takes: [rolling(20_000)] }))
    expect(await momentsOf(database)).toEqual([10_000, 20_000])
    // What is counted at that moment by now is not what was given back.
    await calls.reserve(make.decision(), make.reservation({ amount: 300n, takes: [rolling(10_000)] }))
    await calls.settle({ id: early.id, as: 'release' })
    expect(await calls.sum('rolling', 10_000, 10_000)).toBe(300n)
    await calls.settle({ id: early.id, as: 'release' })
    expect(await calls.sum('rolling', 10_000, 10_000)).toBe(300n)
  })
})

describeWithServer('the time of what is held', 'postgres', () => {
  it("is the server's, where the host has not given a clock, however wrong the machine's is", async () => {
    const nowMs = Date.now()
    const database = await freshServer()
    const calls = spendCallsOf(database.store())
    const make = newMaker()
    await calls.expire(1)
    const machine = vi.spyOn(Date, 'now').mockReturnValue(nowMs - 86_400_000)
    const asked = make.reservation({ takes: [take('spent', 10n)] })
    const { reservation } = await calls.reserve(make.decision(), asked)
    const settled = await calls.settle({ id: asked.id, as: 'commit' })
    machine.mockRestore()
    const { createdAtMs = 0, expiresAtMs } = reservation ?? {}
    expect(Number.isInteger(createdAtMs)).toBe(true)
    expect(createdAtMs).toBeGreaterThanOrEqual(nowMs - 1_000)
    expect(createdAtMs).toBeLessThan(nowMs + 3_600_000)
    expect(expiresAtMs).toBe(createdAtMs + TTL_MS)
    expect(settled?.isNew).toBe(true)
    expect(settled?.reservation.settledAtMs).toBeGreaterThanOrEqual(createdAtMs)
  })

  it("is the host's clock where it has given one", async () => {
    const database = await freshServer()
    const clock = manualClock()
    const calls = spendCallsOf(database.store({ clock }))
    const make = newMaker()
    const asked = make.reservation()
    const { reservation } = await calls.reserve(make.decision(), asked)
    expect(reservation?.createdAtMs).toBe(START_MS)
    clock.advance(TTL_MS)
    expect((await calls.reservation(asked.id)).reservation.expired).toBe(true)
  })
})
