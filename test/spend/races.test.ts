/** The five ways in which counting of spend is known to go wrong elsewhere, each against every store. */
import type { NewDecision, NewReservation, SpendStore, Take } from 'sallyport'
import { manualClock } from 'sallyport/testing'
import { describe, expect, it } from 'vitest'
import { stores } from '../registry.js'
import { describeWithServer } from '../support/servers.js'

const CALL = { signal: new AbortController().signal }
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

let made = 0

function decision(): NewDecision {
  const id = `decision-${made++}`
  const document = '{}'
  return { id, atMs: made, accountId: 'acme', agentId: 'a', mandateId: 'm', outcome: 'approved', document }
}

function hold(id: string, takes: readonly Take[], rest: Partial<NewReservation> = {}): NewReservation {
  const common = {
    accountId: 'acme',
    fingerprint: 'f',
    amount: 10n,
    ttlMs: MINUTE_MS,
    renews: false,
    holdsAnyway: false,
  } as const
  return { ...common, id, onExpiry: 'release', takes, ...rest }
}

/** A day of a calendar. */
function day(atMs: number, limit: bigint, measures: Take['measures'] = 'amount'): Take {
  const startMs = Math.floor(atMs / DAY_MS) * DAY_MS
  const span = { fromMs: startMs, toMs: startMs, atMs: startMs, keepFromMs: startMs - 62 * DAY_MS }
  return { key: `daily ${measures}`, measures, limit, ...span }
}

async function sumOf(store: SpendStore, take: Take): Promise<bigint> {
  const [sum] = await store.readSums([take], CALL)
  return sum ?? -1n
}

for (const harness of Object.values(stores).flat()) {
  const suite = () => {
    async function opened(use: (opened: Opened) => Promise<void>): Promise<void> {
      const clock = manualClock()
      const fixture = await harness.open(clock)
      try {
        const another = (await fixture.another()) as unknown as SpendStore
        await use({ store: fixture.store as unknown as SpendStore, another, clock })
      } finally {
        await fixture.close()
      }
    }

    it('check, then record: whoever comes between the two finds the budget already taken', () =>
      opened(async ({ store, another, clock }) => {
        const take = day(clock.wallMs(), 100n)
        const all = await Promise.all(
          Array.from({ length: 60 }, async (_, at) =>
            (at % 2 === 0 ? store : another).reserve(decision(), hold(`r${at}`, [take]), CALL),
          ),
        )
        expect(all.filter(({ reservation }) => reservation?.state === 'held')).toHaveLength(10)
        expect(await sumOf(another, take)).toBe(100n)
      }))

    it('leaked reservation: what nobody settles does not hold the budget for ever', () =>
      opened(async ({ store, another, clock }) => {
        const take = day(clock.wallMs(), 10n)
        // Its owner is gone before it has even read the answer.
        await store.reserve(decision(), hold('lost', [take]), CALL)
        const during = await another.reserve(decision(), hold('during', [take]), CALL)
        expect(during.reservation?.state).toBe('declined')
        clock.advance(MINUTE_MS)
        const after = await another.reserve(decision(), hold('after', [take]), CALL)
        expect(after.reservation?.state).toBe('held')
        const left = await another.readReservation('lost', CALL)
        expect(left?.reservation).toMatchObject({ state: 'released', expired: true })
        expect(left?.trail.map(({ event }) => event)).toEqual(['reserve', 'expire'])
      }))

    it('inflated counter: what was declined, repeated, given back or only half used is not counted', () =>
      opened(async ({ store, another, clock }) => {
        const amounts = day(clock.wallMs(), 100n)
        const counts = day(clock.wallMs(), 5n, 'count')
        const takes = [amounts, counts]
        await store.reserve(decision(), hold('too much', takes, { amount: 101n }), CALL)
        for (let time = 0; time < 5; time++) await store.reserve(decision(), hold('again', takes), CALL)
        await store.reserve(decision(), hold('given back', takes), CALL)
        for (const from of [store, another]) await from.settle({ id: 'given back', as: 'release' }, CALL)
        await store.reserve(decision(), hold('half', takes), CALL)
        for (const from of [store, another]) await from.settle({ id: 'half', as: 'commit', amount: 4n }, CALL)
        expect(await sumOf(store, amounts)).toBe(14n)
        expect(await sumOf(store, counts)).toBe(2n)
      }))

    it('reseeding: an instance that starts over the same data adds nothing to it', () =>
      opened(async ({ store, another, clock }) => {
        const take = day(clock.wallMs(), 100n)
        await store.reserve(decision(), hold('first', [take]), CALL)
        await store.settle({ id: 'first', as: 'commit' }, CALL)
        // What a process that was started anew does: it sends again what it does not know the answer of.
        const again = await another.reserve(decision(), hold('first', [take]), CALL)
        expect(again).toMatchObject({ isNew: false, reservation: { state: 'committed' } })
        await another.settle({ id: 'first', as: 'commit' }, CALL)
        await another.expireReservations(100, CALL)
        expect(await sumOf(store, take)).toBe(10n)
        expect(await sumOf(another, take)).toBe(10n)
      }))

    it('window edge: what ends on the other side of midnight counts where it was reserved', () =>
      opened(async ({ store, another, clock }) => {
        const before = day(clock.wallMs(), 20n)
        const after = day(clock.wallMs() + DAY_MS, 20n)
        const ttl = { ttlMs: 2 * DAY_MS }
        await store.reserve(decision(), hold('yesterday', [before], ttl), CALL)
        const burst = [before, after, before, after, after].map((take, at) =>
          (at % 2 === 0 ? store : another).reserve(decision(), hold(`burst${at}`, [take], ttl), CALL),
        )
        const states = (await Promise.all(burst)).map(({ reservation }) => reservation?.state)
        expect(states.filter((state) => state === 'held')).toHaveLength(3)
        clock.advance(DAY_MS)
        await another.settle({ id: 'yesterday', as: 'commit', amount: 1n }, CALL)
        expect(await sumOf(store, before)).toBe(11n)
        expect(await sumOf(store, after)).toBe(20n)
      }))
  }
  const title = `the published races, over ${harness.name}`
  if (harness.server === undefined) describe(title, suite)
  else describeWithServer(title, harness.server, suite)
}

interface Opened {
  readonly store: SpendStore
  readonly another: SpendStore
  readonly clock: ReturnType<typeof manualClock>
}
