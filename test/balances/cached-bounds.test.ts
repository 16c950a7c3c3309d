import { cached } from 'sallyport/balances'
import { describe, expect, it } from 'vitest'
import { ACTO, ask, gateKit } from '../harness/balances/gate-kit.js'
import { callAt, heldSource } from '../harness/balances/held-source.js'
import { balance, decimal, outcomeOf, query, settled, untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'

const TTL = 60_000
const REVALIDATE = 30_000

const [LOW, HIGH] = [decimal('50'), decimal('80')]
const exactly = (amount: bigint, slot: number) => balance(amount, { decimals: 0, slot })
const atLeast = (amount: bigint, slot: number) => balance(amount, { decimals: 0, slot, exact: false })

function kit() {
  const clock = manualClock()
  const upstream = heldSource()
  const source = cached(upstream, { clock })
  const read = (rest: Parameters<typeof query>[0]) => source.read(query(rest), untilEnded())
  /** Answers the call that is under way, and lets all who wait have it. */
  async function answer(held: Parameters<ReturnType<typeof callAt>['answer']>[0]) {
    callAt(upstream, -1).answer(held)
    await settled()
  }
  return { clock, upstream, read, answer }
}

describe('a lower bound of a later slot', () => {
  it('takes the place of an exact balance where it lets in all whom that has let in', async () => {
    const { clock, upstream, read, answer } = kit()
    void read({ minimum: LOW })
    await answer(exactly(100n, 1))
    clock.advance((TTL * 3) / 4)
    read({ minimum: LOW })
    await answer(atLeast(60n, 2))
    clock.advance(TTL / 2 - 1)
    expect(read({ minimum: LOW })).toMatchObject({ amount: 60n, exact: false, freshness: 'cached' })
    expect(upstream.calls).toHaveLength(2)
  })

  it('does not where somebody comes who needs more: neither of two gates ever waits', async () => {
    const { clock, upstream, read, answer } = kit()
    void read({ minimum: HIGH })
    await answer(exactly(100n, 1))
    for (let slot = 2; slot < 12; slot++) {
      for (let quarter = 1; quarter <= 3; quarter++) {
        clock.advance(TTL / 4)
        for (const minimum of [LOW, HIGH, LOW]) {
          expect(read({ minimum })).toMatchObject({ freshness: 'cached' })
        }
      }
      expect(upstream.calls).toHaveLength(slot)
      // A source that is asked for less than this may answer less.
      const { minimum } = callAt(upstream, -1).query ?? {}
      await answer(minimum === HIGH ? atLeast(90n, slot) : atLeast(60n, slot))
    }
  })

  it('does not either where whoever needs more came while it was being read', async () => {
    const { clock, upstream, read, answer } = kit()
    void read({ minimum: HIGH })
    await answer(exactly(100n, 1))
    clock.advance((TTL * 3) / 4)
    read({ minimum: LOW })
    expect(callAt(upstream, -1).query).toMatchObject({ minimum: LOW })
    expect(read({ minimum: HIGH })).toMatchObject({ amount: 100n })
    await answer(atLeast(60n, 2))
    expect(read({ minimum: HIGH })).toMatchObject({ amount: 100n, freshness: 'cached' })
    clock.advance(1_000)
    read({ minimum: LOW })
    expect(callAt(upstream, -1).query).toMatchObject({ minimum: HIGH })
  })

  it('does not where it reaches less than it was asked for, until what is known is over', async () => {
    const { clock, read, answer } = kit()
    void read({ minimum: HIGH })
    await answer(exactly(100n, 1))
    read({ minimum: HIGH })
    clock.advance(TTL)
    expect(read({ minimum: HIGH })).toMatchObject({ amount: 100n, freshness: 'stale' })
    await answer(atLeast(60n, 2))
    expect(read({ minimum: HIGH })).toMatchObject({ amount: 100n, exact: true, freshness: 'stale' })
    clock.advance(REVALIDATE)
    const waiting = read({ minimum: HIGH })
    await answer(atLeast(60n, 3))
    expect(await waiting).toMatchObject({ amount: 60n, exact: false })
    expect(read({ minimum: LOW })).toMatchObject({ amount: 60n, freshness: 'cached' })
  })

  it('takes the place of an exact balance that it exceeds: somebody has topped up', async () => {
    const { clock, upstream, read, answer } = kit()
    void read({ minimum: HIGH })
    await answer(exactly(60n, 1))
    expect(read({ minimum: LOW })).toMatchObject({ amount: 60n })
    clock.advance(5_000)
    const waiting = read({ minimum: HIGH })
    await answer(atLeast(85n, 2))
    expect(await waiting).toMatchObject({ amount: 85n })
    expect(read({ minimum: HIGH })).toMatchObject({ amount: 85n, exact: false, freshness: 'cached' })
    expect(upstream.calls).toHaveLength(2)
  })

  it('does not take the place of an exact balance that was read at the same time', async () => {
    const { upstream, read } = kit()
    const bound = read({ minimum: LOW })
    const exact = read({ minimum: LOW, exact: true })
    callAt(upstream, 1).answer(exactly(100n, 1))
    expect(await exact).toMatchObject({ amount: 100n })
    callAt(upstream, 0).answer(atLeast(60n, 2))
    expect(await bound).toMatchObject({ amount: 60n, exact: false })
    expect(read({ minimum: LOW, exact: true })).toMatchObject({ amount: 100n, freshness: 'cached' })
  })

  it('takes its place all the same where it exceeds it', async () => {
    const { upstream, read } = kit()
    const bound = read({ minimum: LOW })
    const exact = read({ minimum: LOW, exact: true })
    callAt(upstream, 1).answer(exactly(60n, 1))
    await exact
    callAt(upstream, 0).answer(atLeast(85n, 2))
    await bound
    expect(read({ minimum: HIGH })).toMatchObject({ amount: 85n, freshness: 'cached' })
  })

  it('makes way for an exact balance of a later slot, however little that is', async () => {
    const { read, answer } = kit()
    void read({ minimum: LOW })
    await answer(atLeast(60n, 1))
    void read({ minimum: LOW, exact: true })
    await answer(exactly(10n, 2))
    expect(read({ minimum: LOW })).toMatchObject({ amount: 10n, exact: true, freshness: 'cached' })
  })

  it('of an older slot than an exact balance counts as no answer', async () => {
    const { clock, read, answer } = kit()
    void read({ minimum: LOW })
    await answer(exactly(10n, 9))
    clock.advance(5_000)
    const waiting = Promise.resolve(read({ minimum: LOW }))
    waiting.catch(() => undefined)
    await answer(atLeast(60n, 8))
    await expect(waiting).rejects.toThrow('older')
  })
})

describe('those who wait for one reading', () => {
  it('and need more than a lower bound that somebody else has asked for are read exactly, by one reading', async () => {
    const { upstream, read, answer } = kit()
    const low = read({ minimum: LOW })
    const high = Array.from({ length: 100 }, () => outcomeOf(read({ minimum: HIGH })))
    expect(upstream.calls).toHaveLength(1)
    await answer(atLeast(60n, 1))
    expect(await low).toMatchObject({ amount: 60n, exact: false })
    expect(upstream.calls).toHaveLength(2)
    expect(callAt(upstream, 1).query).toMatchObject({ exact: true })
    await answer(exactly(90n, 2))
    expect(new Set(await Promise.all(high))).toEqual(new Set([90n]))
  })

  it('are told of the failure of that second reading, and the others are not', async () => {
    const { upstream, read, answer } = kit()
    const low = read({ minimum: LOW })
    const high = outcomeOf(read({ minimum: HIGH }))
    await answer(atLeast(60n, 1))
    callAt(upstream, 1).fail()
    expect(await high).toBe('rejected')
    expect(await low).toMatchObject({ amount: 60n })
  })

  it('for the same wallet and the same minimum are given one promise between them', async () => {
    const { read, answer } = kit()
    const [one, other] = [read({ minimum: LOW }), read({ minimum: LOW })]
    expect(other).toBe(one)
    await answer(atLeast(60n, 1))
    expect(await one).toMatchObject({ amount: 60n })
  })
})

describe('a gate', () => {
  it('never refuses by a lower bound, nor tells it: whoever would be is read exactly', async () => {
    const asked: (boolean | undefined)[] = []
    const table = tableBalances({ decimals: 0 })
    table.fault = ({ exact }) => {
      asked.push(exact)
      return exact ? exactly(30_000n, 2) : atLeast(7n, 1)
    }
    const { gate, request } = await gateKit({ balances: table })
    const { status, body } = await ask(gate.with({ balance: ACTO }), request())
    expect([status, body.balance]).toEqual([403, '30000'])
    expect(asked).toEqual([undefined, true])
  })
})

describe('how much is kept', () => {
  it('is bounded over all mints, and a wallet goes with all that is kept of it', async () => {
    const table = tableBalances()
    const source = cached(table, { maxEntries: 3 })
    const read = async (owner: string, mint: string) => outcomeOf(source.read({ owner, mint }, untilEnded()))
    const reads = async (owner: string, mint: string) => {
      const before = table.reads
      await read(owner, mint)
      return table.reads - before
    }
    await read(ALICE, MINT)
    await read(ALICE, OTHER_MINT)
    await read(BOB, MINT)
    expect([await reads(ALICE, MINT), await reads(BOB, MINT)]).toEqual([0, 0])
    await read(BOB, OTHER_MINT)
    expect([await reads(BOB, MINT), await reads(BOB, OTHER_MINT)]).toEqual([0, 0])
    expect([await reads(ALICE, MINT), await reads(ALICE, OTHER_MINT)]).toEqual([1, 1])
  })

  it('is the latest of one wallet alone where one is the bound', async () => {
    const table = tableBalances()
    const source = cached(table, { maxEntries: 1 })
    for (const mint of [MINT, OTHER_MINT]) await source.read(query({ mint }), untilEnded())
    expect(source.read(query({ mint: OTHER_MINT }), untilEnded())).not.toBeInstanceOf(Promise)
    expect(source.read(query({ mint: MINT }), untilEnded())).toBeInstanceOf(Promise)
  })

  it('is not pushed out by wallets that cannot be read', async () => {
    const table = tableBalances()
    const source = cached(table, { maxEntries: 2 })
    await source.read(query(), untilEnded())
    table.fault = () => Promise.reject(new Error('down'))
    for (let at = 0; at < 100; at++) {
      expect(await outcomeOf(source.read(query({ owner: `nobody ${at}` }), untilEnded()))).toBe('rejected')
    }
    expect(source.read(query(), untilEnded())).toMatchObject({ freshness: 'cached' })
  })
})
