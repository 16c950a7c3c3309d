import { sqlStore } from 'sallyport/stores/sql'
import { describe, expect, it } from 'vitest'
import { TTL_MS } from '../../src/testing/spend-store-contract-making.js'
import { manualClock } from '../support/clock.js'
import { describeWithServer } from '../support/servers.js'
import { CALL, freshFile, freshServer, SEALING_KEY, type TestServer, upTo } from './sql-kit.js'
import { newMaker, outcomesOf, spendCallsOf, take, untilWaiting } from './sql-spend-kit.js'

const sealingKeys = [SEALING_KEY]
const approved = (outcome: unknown) => outcome === 'approved'

// A circle of sessions that wait for one another is broken by nobody: it is seen by the test that never ends.
function patientStore(database: TestServer, clock = manualClock()) {
  const pool = database.pool({ max: 8, options: '-c deadlock_timeout=10min -c synchronous_commit=off' })
  return sqlStore(database.kysely({ pool }), { sealingKeys, clock })
}

describe('a hot budget in SQLite', () => {
  it('that fits ten lets ten of many pass, over two instances', async () => {
    const database = await freshFile()
    const stores = [database.store(), database.store()]
    expect((await outcomesOf(stores, 60, 10n, 'hot')).filter(approved)).toHaveLength(10)
    expect(await stores[1]?.readSums([take('hot', 0n)], CALL)).toEqual([10n])
  })
})

describeWithServer('a hot budget in PostgreSQL', 'postgres', () => {
  it('that fits ten lets ten of two hundred pass, over two pools', async () => {
    const database = await freshServer()
    const stores = [patientStore(database), patientStore(database)]
    expect((await outcomesOf(stores, 200, 10n, 'hot')).filter(approved)).toHaveLength(10)
    expect(await stores[1]?.readSums([take('hot', 0n)], CALL)).toEqual([10n])
  })

  it('makes one of two instances wait, and shows it what the other has taken', async () => {
    const database = await freshServer()
    const calls = spendCallsOf(patientStore(database))
    const make = newMaker()
    await calls.reserve(make.decision(), make.reservation({ takes: [take('hot', 30n)] }))
    // Another instance, halfway through taking what is left.
    const other = await database.connect()
    await other.query('begin')
    await other.query(`select 1 from sallyport_budget where budget_key = 'hot' for update`)
    await other.query(`update sallyport_tally set low = low + 15 where budget_key = 'hot'`)
    const waiting = calls.reserve(make.decision(), make.reservation({ takes: [take('hot', 30n)] }))
    await untilWaiting(await database.connect(), 1)
    await other.query('commit')
    const { decision } = await waiting
    expect([decision.outcome, decision.sums]).toEqual(['declined', [25n]])
  })

  it('answers the second of two calls of one id what the first has made, once that is certain', async () => {
    const database = await freshServer()
    const [first, second] = [spendCallsOf(patientStore(database)), spendCallsOf(patientStore(database))]
    const make = newMaker()
    const asked = make.reservation({ takes: [take('hot', 10n)] })
    await first.sum('hot')
    await first.reserve(make.decision(), make.reservation({ amount: 1n, takes: [take('hot', 1n)] }))
    const holder = await database.connect()
    const watcher = await database.connect()
    await holder.query('begin')
    await holder.query(`select 1 from sallyport_budget where budget_key = 'hot' for update`)
    const calls = [first.reserve(make.decision(), asked)]
    await untilWaiting(watcher, 1)
    calls.push(second.reserve(make.decision(), asked))
    await untilWaiting(watcher, 2)
    await holder.query('commit')
    const [made, known] = await Promise.all(calls)
    expect(made?.isNew).toBe(true)
    expect(made?.decision.sums).toEqual([1n])
    expect(known).toEqual({ ...made, isNew: false })
  })

  it('loses nothing and keeps nothing of a step whose session was ended halfway', async () => {
    const database = await freshServer()
    const calls = spendCallsOf(patientStore(database))
    const make = newMaker()
    await calls.reserve(make.decision(), make.reservation({ takes: [take('hot', 20n)] }))
    const [holder, killer] = [await database.connect(), await database.connect()]
    await holder.query('begin')
    // Everything of the step is done but the last.
    await holder.query('lock table sallyport_decision in exclusive mode')
    const asked = make.reservation({ takes: [take('hot', 20n)] })
    const decision = make.decision()
    const rejected = expect(calls.reserve(decision, asked)).rejects.toThrow(/terminat/)
    await untilWaiting(killer, 1)
    await killer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    await rejected
    await holder.query('rollback')
    expect(await calls.readReservation(asked.id)).toBeUndefined()
    expect(await calls.decision(decision.id)).toBeUndefined()
    expect(await calls.sum('hot')).toBe(10n)
    const again = await calls.reserve(decision, asked)
    expect([again.isNew, again.decision.outcome, again.decision.sums]).toEqual([true, 'approved', [10n]])
  })
})

describeWithServer('steps that need the same budgets in PostgreSQL', 'postgres', () => {
  const KEYS = ['a', 'b', 'c', 'd', 'e']
  const orderOf = (turn: number) => KEYS.map((_, at) => KEYS[(at * (1 + (turn % 4)) + turn) % 5] ?? '')

  it('never wait for one another in a circle, whatever the order in which they name them', async () => {
    const database = await freshServer()
    const stores = upTo(2).map(() => spendCallsOf(patientStore(database)))
    const make = newMaker()
    await Promise.all(stores.map(({ sum }) => sum('a')))
    const asked = upTo(80).map((turn) =>
      make.reservation({ takes: orderOf(turn).map((key) => take(key, 500n)) }),
    )
    const made = await Promise.all(asked.map((one, at) => stores[at % 2]?.reserve(make.decision(), one)))
    expect(made.filter((one) => one?.decision.outcome === 'approved')).toHaveLength(50)
    for (const key of KEYS) expect(await stores[0]?.sum(key)).toBe(500n)
  })

  it('lock what they give back in one order, whatever the order in which it was taken', async () => {
    const database = await freshServer()
    const calls = spendCallsOf(patientStore(database))
    const make = newMaker()
    const asked = make.reservation({ takes: ['b', 'c', 'a'].map((key) => take(key, 10n)) })
    await calls.reserve(make.decision(), asked)
    const [holder, watcher] = [await database.connect(), await database.connect()]
    await holder.query('begin')
    await holder.query(`select 1 from sallyport_tally where budget_key = 'a' for update`)
    const settling = calls.settle({ id: asked.id, as: 'release' })
    await untilWaiting(watcher, 1)
    // Whoever waits for the first has locked none of the others.
    const others = `select 1 from sallyport_tally where budget_key in ('b', 'c') for update nowait`
    expect((await watcher.query(others)).rowCount).toBe(2)
    await holder.query('commit')
    expect((await settling)?.isNew).toBe(true)
  })

  it('lock what has expired in one order, whichever was over first', async () => {
    const database = await freshServer()
    const clock = manualClock()
    const store = patientStore(database, clock)
    const calls = spendCallsOf(store)
    const make = newMaker()
    const [first, second, third] = ['first', 'second', 'third'].map((id, at) =>
      make.reservation({ id, takes: [take('spent', 90n)], ttlMs: TTL_MS - at }),
    )
    for (const one of [first, second, third]) {
      await calls.reserve(make.decision(), one ?? make.reservation())
    }
    // What it does beside its calls would come first.
    await database.settled(store)
    clock.advance(TTL_MS)
    const [holder, watcher] = [await database.connect(), await database.connect()]
    await holder.query('begin')
    await holder.query(`select 1 from sallyport_reservation where id = 'first' for update`)
    const expiring = calls.expire(3)
    await untilWaiting(watcher, 1)
    const others = `select 1 from sallyport_reservation where id <> 'first' for update nowait`
    expect((await watcher.query(others)).rowCount).toBe(2)
    await holder.query('commit')
    expect(await expiring).toBe(3)
  })

  it('account for every unit where some are ended, expired and made anew at the same time', async () => {
    const database = await freshServer()
    const clock = manualClock()
    const stores = upTo(2).map(() => spendCallsOf(patientStore(database, clock)))
    const make = newMaker()
    const takesOf = (turn: number) => orderOf(turn).map((key) => take(key, 10_000n))
    const soon = upTo(40).map((turn) => make.reservation({ takes: takesOf(turn), renews: true }))
    const late = upTo(40).map((turn) => make.reservation({ takes: takesOf(turn), ttlMs: 9 * TTL_MS }))
    for (const one of [...soon, ...late]) await stores[0]?.reserve(make.decision(), one)
    clock.advance(TTL_MS)
    await Promise.all(
      upTo(40).flatMap((turn) => {
        const [one, other] = turn % 2 === 0 ? stores : [...stores].reverse()
        return [
          // Ten units each of these, anew.
          one?.reserve(make.decision(), { ...(soon[turn] ?? make.reservation()), ttlMs: 9 * TTL_MS }),
          one?.reserve(make.decision(), make.reservation({ takes: takesOf(turn), ttlMs: 9 * TTL_MS })),
          // Four units each stay of these.
          other?.settle({ id: late[turn]?.id ?? '', as: 'commit', amount: 4n }),
          ...(turn % 10 === 0 ? [other?.expire(20)] : []),
        ]
      }),
    )
    for (const key of KEYS) expect(await stores[1]?.sum(key)).toBe(40n * (10n + 10n + 4n))
    const [left] = await database.query('select sum(high) as high, sum(low) as low from sallyport_hold')
    expect([Number(left?.high), Number(left?.low)]).toEqual([0, 5 * 40 * 20])
  })
})
