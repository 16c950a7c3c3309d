import type { MemoryStore } from 'sallyport/stores/memory'
import { faultyStore } from 'sallyport/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { never } from '../support/failures.js'
import type { SpendAppDescription } from '../support/spend-app.js'
import { order, type Signal, signal } from '../support/spend-client.js'
import { spendHarnesses } from '../support/spend-harnesses.js'
import { createSpendWorld, type WorldOptions } from '../support/spend-world.js'

const intend: SpendAppDescription['intend'] = ({ body, header }) => ({
  amountMinor: (body as { total: unknown }).total,
  currency: 'EUR',
  idempotencyKey: header('Idempotency-Key'),
})

const ok = () => ({ status: 200, json: {} })

type Verb = 'reserve' | 'settle'
/** What a store does in the place of a verb: `act` is what it would do. */
type Instead = (act: () => unknown) => unknown

/** A store that does each call of a verb in the next of these ways, and then as ever. */
function scripted(verb: Verb, ...ways: readonly Instead[]) {
  const left = [...ways]
  const calls: unknown[][] = []
  const wrap = (store: MemoryStore): MemoryStore => ({
    ...store,
    [verb]: (...call: unknown[]) => {
      calls.push(call)
      const act = () => (store[verb] as (...given: unknown[]) => unknown)(...call)
      return left.shift()?.(act) ?? act()
    },
  })
  return { wrap, calls }
}

const lost = () => Promise.reject(new Error('the connection was lost'))
/** Does it, and says that it could not. */
const doneAndLost: Instead = (act) => {
  act()
  return lost()
}

describe.each(spendHarnesses)('an outage on $name', (harness) => {
  async function setUp(handle: SpendAppDescription['handle'], options?: WorldOptions) {
    const world = await createSpendWorld({ ...options, gateOptions: { portTimeoutMs: 50 } })
    const app = await harness.start({ gate: world.gate, intend, handle })
    onTestFinished(() => app.close())
    const buy = (key?: string, total = 1_000) =>
      order(app, { total }, { headers: world.buyer, ...(key !== undefined && { key }) })
    return { ...world, app, buy }
  }

  async function setUpFaulty(mode: 'observe' | 'enforce', handle: SpendAppDescription['handle'] = ok) {
    let faults: ReturnType<typeof faultyStore>['faults'] | undefined
    const wrap = (store: MemoryStore) => {
      const faulty = faultyStore(store)
      faults = faulty.faults
      return faulty.store
    }
    const world = await setUp(handle, { mode, wrap })
    if (faults === undefined) throw new Error('the store was never wrapped')
    return { ...world, faults }
  }

  test.each(['reject', 'hang'] as const)('of the ledger refuses what enforces: %s', async (manner) => {
    const world = await setUpFaulty('enforce')
    world.faults.manner = manner
    world.faults.failing = ['reserve']
    const answer = await world.buy()
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(answer.json()).toMatchObject({ code: 'dependency_unavailable', retryable: true })
    expect(world.app.entered()).toBe(0)
    expect(world.events.at(-1)).toMatchObject({
      outcome: 'refuse',
      code: 'dependency_unavailable',
      outage: { dependency: 'store' },
    })
    world.faults.failing = undefined
    expect((await world.buy()).status).toBe(200)
  })

  test('of the ledger lets through what only observes, and says so', async () => {
    const spends: unknown[] = []
    const world = await setUpFaulty('observe', async ({ spend }) => {
      spends.push(spend.reservationId)
      await spend.commit(5n)
      await spend.release()
      return ok()
    })
    world.faults.failing = ['reserve']
    expect((await world.buy()).status).toBe(200)
    expect(spends).toEqual([null])
    expect(world.events.at(-1)).toMatchObject({
      outcome: 'allow',
      spend: { mode: 'observe', degraded: true },
      outage: { dependency: 'store' },
    })
  })

  test('of sense in the ledger, which approves what it does not hold, lets nothing through', async () => {
    const { wrap } = scripted('reserve', (act) => ({ ...(act() as object), reservation: null }))
    const world = await setUp(ok, { wrap })
    expect((await world.buy()).json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    expect(world.app.entered()).toBe(0)
  })

  const losses: readonly (readonly [string, (late: Signal) => Instead])[] = [
    [
      'is made in time and answered too late',
      (late) => async (act) => {
        const made = act()
        await late.given
        return made
      },
    ],
    [
      'is made too late',
      (late) => async (act) => {
        await late.given
        return act()
      },
    ],
    [
      'is made and never answered',
      () => (act) => {
        act()
        return never()
      },
    ],
    ['is made, and the connection lost', () => doneAndLost],
  ]
  test.each(losses)('that leaves a reservation behind gives it back, which %s', async (_how, lose) => {
    const late = signal()
    const { wrap } = scripted('reserve', lose(late))
    const world = await setUp(ok, { wrap, limit: 1_000 })
    const answer = await world.buy('one')
    late.give()
    expect(answer.status).toBe(503)
    await expect.poll(world.fate, { timeout: 5_000 }).toBe('released: reserve release')
    expect(world.app.entered()).toBe(0)
    expect((await world.buy('one')).status).toBe(200)
    await expect.poll(world.fate).toBe('committed 1000: reserve release reserve commit')
  })

  test('that leaves behind what is only observed, and declined before any budget, gives it back', async () => {
    const late = signal()
    const { wrap } = scripted('reserve', async (act) => {
      await late.given
      return act()
    })
    const world = await createSpendWorld({ mode: 'observe', wrap, gateOptions: { portTimeoutMs: 50 } })
    const dollars = () => ({ amountMinor: 1, currency: 'USD', idempotencyKey: 'one' })
    const app = await harness.start({ gate: world.gate, intend: dollars, handle: ok })
    onTestFinished(() => app.close())
    // It is let through, since it only observes; what the store does afterwards must not hold the key.
    expect((await order(app, { total: 1 }, { headers: world.buyer })).status).toBe(200)
    late.give()
    await expect.poll(world.fate, { timeout: 5_000 }).toBe('released: reserve release')
  })

  test('gives back what comes too late as soon as it comes', async () => {
    // Nobody tries again here: time stands still but for the one deadline.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const asked = signal()
    const late = signal()
    const settled = signal()
    const settling = scripted('settle', (act) => {
      settled.give()
      return act()
    })
    const { wrap } = scripted('reserve', async (act) => {
      asked.give()
      await late.given
      return act()
    })
    const world = await setUp(ok, { wrap: (store) => wrap(settling.wrap(store)) })
    const answer = world.buy()
    await asked.given
    vi.advanceTimersByTime(50)
    expect((await answer).status).toBe(503)
    late.give()
    await settled.given
    expect(await world.fate()).toBe('released: reserve release')
  })

  test('gives nothing back that a later request of the same key holds', async () => {
    const late = signal()
    const entered = signal()
    const answer = signal()
    const { wrap } = scripted('reserve', async (act) => {
      await late.given
      return act()
    })
    const settled = scripted('settle')
    const world = await setUp(
      async () => {
        entered.give()
        await answer.given
        return ok()
      },
      { wrap: (store) => wrap(settled.wrap(store)) },
    )
    expect((await world.buy('one')).status).toBe(503)
    const second = world.buy('one')
    await entered.given
    late.give()
    // What comes late is looked at in turn: by the time of another answer it has been.
    expect((await world.buy('one')).status).toBe(409)
    expect(await world.fate()).toBe('held: reserve')
    answer.give()
    expect((await second).status).toBe(200)
    await expect.poll(world.fate).toBe('committed 1000: reserve commit')
    expect(settled.calls).toHaveLength(1)
  })

  test('of the end is told to the handler, and what it asked for is done when the answer was sent', async () => {
    const caught: unknown[] = []
    const { wrap } = scripted('settle', lost)
    const world = await setUp(
      async ({ spend }) => {
        caught.push(await spend.commit(300n).catch((error) => error))
        return { status: 400, json: {} }
      },
      { wrap },
    )
    await world.buy()
    const [error] = caught
    expect(error).toMatchObject({
      name: 'SpendError',
      code: 'ERR_SPEND_UNSETTLED',
      reservationId: (await world.reservations())[0]?.id,
      cause: { message: 'the connection was lost' },
    })
    await expect.poll(world.fate).toBe('committed 300: reserve commit')
  })

  test.each([
    ['a release', 200, 'released: reserve release'],
    ['a partial commit', 400, 'committed 300: reserve commit'],
  ])('after the end of %s changes nothing about it', async (what, status, fate) => {
    const { wrap, calls } = scripted('settle', doneAndLost)
    const world = await setUp(
      async ({ spend }) => {
        await (what === 'a release' ? spend.release() : spend.commit(300n)).catch(() => undefined)
        return { status, json: {} }
      },
      { wrap },
    )
    await world.buy('one')
    await expect.poll(world.fate).toBe(fate)
    await world.buy('two')
    expect(await world.fate()).toContain(fate)
    // The second request's own, and nothing more for the first.
    await expect.poll(() => calls.length).toBe(2)
  })

  test('of the end is told to the host, and tried again later', async () => {
    const { wrap, calls } = scripted('settle', lost)
    const world = await setUp(ok, { wrap })
    await world.buy()
    const [held] = await world.reservations()
    await expect.poll(world.fate, { timeout: 10_000 }).toBe('committed 1000: reserve commit')
    expect(calls).toHaveLength(2)
    const told = world.events.filter(({ outage }) => outage !== undefined)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({
      outcome: 'allow',
      decisionId: held?.decisionId,
      outage: { dependency: 'store', cause: 'the connection was lost' },
    })
  })

  test('of a release gives back nothing that another request holds by now', async () => {
    const entered = [signal(), signal()]
    const answers = [signal(), signal()]
    const { wrap, calls } = scripted('settle', doneAndLost)
    let runs = 0
    const world = await setUp(
      async ({ spend }) => {
        const run = runs++
        if (run === 0) await spend.release().catch(() => undefined)
        entered[run]?.give()
        await answers[run]?.given
        return run === 0 ? { status: 400, json: {} } : ok()
      },
      { wrap },
    )
    const first = world.buy('one')
    await entered[0]?.given
    const second = world.buy('one')
    await entered[1]?.given
    answers[0]?.give()
    expect((await first).status).toBe(400)
    expect((await world.buy('one')).json()).toMatchObject({ code: 'idempotency_in_progress' })
    answers[1]?.give()
    expect((await second).status).toBe(200)
    await expect.poll(world.fate).toBe('committed 1000: reserve release reserve commit')
    expect(calls).toHaveLength(2)
  })

  test('in which a release is never answered sends no other while it may still happen', async () => {
    const late = signal()
    const { wrap, calls } = scripted('settle', async (act) => {
      await late.given
      return act()
    })
    const codes: unknown[] = []
    const world = await setUp(
      async ({ spend }) => {
        codes.push(await spend.release().catch(({ code }) => code))
        codes.push(await spend.release().catch(({ code }) => code))
        late.give()
        codes.push(await spend.release().catch(({ code }) => code))
        return ok()
      },
      { wrap },
    )
    await world.buy()
    expect(codes).toEqual(['ERR_SPEND_UNSETTLED', 'ERR_SPEND_UNSETTLED', undefined])
    expect(await world.fate()).toBe('released: reserve release')
    expect(calls).toHaveLength(1)
  })

  test('leaves it at what a handler has asked for last, whether or not it waited', async () => {
    const late = signal()
    const { wrap, calls } = scripted('settle', () => late.given.then(lost), lost)
    const world = await setUp(
      ({ spend }) => {
        void spend.release()
        void spend.commit(300n)
        return ok()
      },
      { wrap },
    )
    await world.buy()
    expect(calls).toHaveLength(1)
    late.give()
    await expect.poll(world.fate).toBe('committed 300: reserve commit')
  })

  test('ends no process whose handler does not wait', async () => {
    const { wrap } = scripted('settle', lost)
    const world = await setUp(
      ({ spend }) => {
        void spend.commit(9_999_999n)
        void spend.commit(300n)
        void spend.release()
        return ok()
      },
      { wrap },
    )
    expect((await world.buy()).status).toBe(200)
    await expect.poll(world.fate).toBe('released: reserve release')
  })
})
