import type { Balance, BalanceSource } from 'sallyport'
import { cached } from 'sallyport/balances'
import { describe, expect, it } from 'vitest'
import { callAt, heldSource } from '../harness/balances/held-source.js'
import { balance, decimal, outcomeOf, query, settled, untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'

const TTL = 60_000
const INSUFFICIENT = 5_000
const REVALIDATE = 30_000
const IF_ERROR = 300_000

describe('the slot of an answer', () => {
  it('keeps the known balance and its age where the answer is older', async () => {
    const clock = manualClock()
    const table = tableBalances({ decimals: 0 })
    const source = cached(table, { clock })
    const read = () => source.read(query({ minimum: decimal('50') }), untilEnded())
    table.set(ALICE, MINT, 100n, 20)
    await read()
    table.set(ALICE, MINT, 77n, 19)
    clock.advance(TTL)
    expect(read()).toMatchObject({ amount: 100n, slot: 20, freshness: 'stale' })
    await settled()
    clock.advance(REVALIDATE)
    expect(await read()).toMatchObject({ amount: 100n, slot: 20, freshness: 'stale' })
    clock.advance(IF_ERROR - REVALIDATE - 1)
    expect(await read()).toMatchObject({ amount: 100n, slot: 20, freshness: 'stale' })
    clock.advance(1)
    expect(await read()).toEqual(balance(77n, { decimals: 0, slot: 19 }))
  })

  it.each([
    ['suffices', 100n],
    ['does not suffice', 3n],
  ])('does not shut a wallet out for ever where it was far too high, once and %s', async (_, amount) => {
    const clock = manualClock()
    const table = tableBalances({ decimals: 0 })
    const source = cached(table, { clock })
    const read = () => source.read(query({ minimum: decimal('50') }), untilEnded())
    table.set(ALICE, MINT, amount, Number.MAX_SAFE_INTEGER)
    await read()
    table.set(ALICE, MINT, 77n, 20)
    clock.advance(TTL + IF_ERROR)
    expect(await read()).toEqual(balance(77n, { decimals: 0, slot: 20 }))
    table.set(ALICE, MINT, 78n, 21)
    clock.advance(TTL + REVALIDATE)
    expect(await read()).toMatchObject({ amount: 78n, slot: 21 })
  })

  it('does not shut a wallet out where the ledger begins anew', async () => {
    const clock = manualClock()
    const table = tableBalances({ decimals: 0 })
    const source = cached(table, { clock, ttlMs: 10, staleIfErrorMs: 5, staleWhileRevalidateMs: 0 })
    const read = () => source.read(query({ minimum: decimal('50') }), untilEnded())
    table.set(ALICE, MINT, 100n, 1_000)
    await read()
    table.set(ALICE, MINT, 60n, 1)
    clock.advance(14)
    expect(await read()).toMatchObject({ amount: 100n, freshness: 'stale' })
    clock.advance(1)
    expect(await read()).toMatchObject({ amount: 60n, slot: 1 })
  })

  it('does not let an older answer give back what was spent', async () => {
    const clock = manualClock()
    const table = tableBalances({ decimals: 0 })
    const source = cached(table, { clock })
    const read = () => source.read(query({ minimum: decimal('50') }), untilEnded())
    table.set(ALICE, MINT, 3n, 20)
    await read()
    table.set(ALICE, MINT, 100n, 19)
    clock.advance(INSUFFICIENT)
    await expect(read()).rejects.toThrow('older')
    clock.advance(TTL + IF_ERROR - INSUFFICIENT - 1)
    await expect(read()).rejects.toThrow('older')
    table.set(ALICE, MINT, 100n, 21)
    expect(await read()).toMatchObject({ amount: 100n, slot: 21 })
  })

  it('renews the age where it is the same', async () => {
    const clock = manualClock()
    const table = tableBalances({ decimals: 0 })
    const source = cached(table, { clock })
    table.set(ALICE, MINT, 100n, 20)
    await source.read(query(), untilEnded())
    clock.advance(TTL + REVALIDATE)
    await source.read(query(), untilEnded())
    expect(table.reads).toBe(2)
    clock.advance(TTL - 1)
    expect(source.read(query(), untilEnded())).toMatchObject({ freshness: 'cached' })
  })

  it('of one wallet says nothing of another', async () => {
    const table = tableBalances({ decimals: 0 })
    const source = cached(table)
    table.set(ALICE, MINT, 100n, 20)
    table.set(BOB, MINT, 50n, 10)
    await source.read(query(), untilEnded())
    expect(await source.read(query({ owner: BOB }), untilEnded())).toMatchObject({ amount: 50n, slot: 10 })
  })

  it('loses to an answer of a later slot that was read at the same time', async () => {
    const upstream = heldSource()
    const source = cached(upstream, { clock: manualClock() })
    const minimum = decimal('50')
    const guarded = source.read(query({ minimum }), untilEnded())
    const checked = source.read(query({ minimum, exact: true }), untilEnded())
    expect(upstream.calls).toHaveLength(2)
    callAt(upstream, 1).answer(balance(8n, { slot: 8 }))
    await checked
    callAt(upstream, 0).answer(balance(70n * 10n ** 9n, { slot: 7 }))
    expect(await guarded).toMatchObject({ amount: 8n, slot: 8 })
    expect(await source.read(query({ minimum }), untilEnded())).toMatchObject({ amount: 8n, slot: 8 })
  })

  it('does not make a lower bound of what was asked for exactly', async () => {
    const upstream = heldSource()
    const source = cached(upstream, { clock: manualClock() })
    const guarded = source.read(query(), untilEnded())
    const checked = Promise.resolve(source.read(query({ exact: true }), untilEnded()))
    callAt(upstream, 0).answer(balance(8n, { slot: 8, exact: false }))
    await guarded
    callAt(upstream, 1).answer(balance(9n, { slot: 7 }))
    await expect(checked).rejects.toThrow('older')
  })
})

describe('a reading that fails', () => {
  it('does not bring back what another reading has refuted meanwhile', async () => {
    const clock = manualClock()
    const upstream = heldSource()
    const source = cached(upstream, { clock })
    const minimum = decimal('50')
    const first = source.read(query({ minimum }), untilEnded())
    callAt(upstream, 0).answer(balance(100n, { decimals: 0, slot: 1 }))
    await first
    clock.advance(TTL + REVALIDATE)
    const guarded = Promise.resolve(source.read(query({ minimum }), untilEnded()))
    const checked = source.read(query({ minimum, exact: true }), untilEnded())
    callAt(upstream, 2).answer(balance(3n, { decimals: 0, slot: 2 }))
    expect(await checked).toMatchObject({ amount: 3n })
    callAt(upstream, 1).fail()
    await expect(guarded).rejects.toThrow('down')
  })
})

describe('an answer that is only a lower bound', () => {
  const lowerBound = (amount: bigint, slot = 1) => balance(amount, { exact: false, decimals: 0, slot })

  function kit(answers: { lower: bigint; exact: bigint }) {
    const clock = manualClock()
    const asked: string[] = []
    const source = cached(
      {
        read: async ({ exact }) => {
          asked.push(exact ? 'exact' : 'lower')
          return exact ? balance(answers.exact, { decimals: 0 }) : lowerBound(answers.lower)
        },
        readMint: async () => ({ decimals: 0 }),
      },
      { clock },
    )
    const read = (rest = {}) => source.read(query({ minimum: decimal('50'), ...rest }), untilEnded())
    return { clock, asked, read }
  }

  it('is kept as long as any other where it suffices', async () => {
    const { clock, asked, read } = kit({ lower: 60n, exact: 70n })
    await read()
    clock.advance(TTL - 1)
    expect(asked).toEqual(['lower'])
    expect(await read()).toMatchObject({ amount: 60n, exact: false, freshness: 'cached' })
  })

  it('is not kept as an answer to those whom it does not suffice', async () => {
    const { asked, read } = kit({ lower: 40n, exact: 70n })
    await read()
    await read()
    expect(asked).toEqual(['lower', 'lower'])
    expect(await read({ exact: true })).toMatchObject({ amount: 70n, exact: true })
    expect(await read()).toMatchObject({ amount: 70n, exact: true, freshness: 'cached' })
    expect(asked).toEqual(['lower', 'lower', 'exact'])
  })

  it('does not do for those who need it exactly, although it suffices', async () => {
    const { asked, read } = kit({ lower: 60n, exact: 70n })
    await read()
    expect(await read({ exact: true })).toEqual(balance(70n, { decimals: 0 }))
    expect(asked).toEqual(['lower', 'exact'])
  })

  it('is never served to those who need it exactly on an outage', async () => {
    const table = tableBalances()
    const source = cached(table)
    table.fault = () => lowerBound(60n)
    await source.read(query(), untilEnded())
    table.fault = () => Promise.reject(new Error('down'))
    await expect(source.read(query({ exact: true }), untilEnded())).rejects.toThrow('down')
  })
})

describe('an answer that cannot be a balance', () => {
  const malformed: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['undefined', undefined],
    ['zero', 0],
    ['an empty object', {}],
    ['an amount that is a number', { ...balance(1n), amount: 5 }],
    ['an amount that is text', { ...balance(1n), amount: '5' }],
    ['no amount', { decimals: 9, slot: 1, exact: true }],
    ['a negative amount', balance(-1n)],
    ['300 decimals', balance(1n, { decimals: 300 })],
    ['one and a half decimals', balance(1n, { decimals: 1.5 })],
    ['negative decimals', balance(1n, { decimals: -1 })],
    ['no decimals', { amount: 1n, slot: 1, exact: true }],
    ['a slot that is not a number', balance(1n, { slot: Number.NaN })],
    ['a slot of one and a half', balance(1n, { slot: 1.5 })],
    ['a negative slot', balance(1n, { slot: -1 })],
    ['an endless slot', balance(1n, { slot: Number.POSITIVE_INFINITY })],
    ['no slot', { amount: 1n, decimals: 9, exact: true }],
    ['nothing about being exact', { amount: 1n, decimals: 9, slot: 1 }],
    ['a word about being exact', { ...balance(1n), exact: 'yes' }],
  ]

  it.each(malformed)('is a rejection and is not kept: %s', async (_, answer) => {
    const table = tableBalances()
    table.set(ALICE, MINT, 5n)
    const source = cached(table)
    table.fault = () => answer as Balance
    await expect(source.read(query(), untilEnded())).rejects.toThrow(TypeError)
    await expect(source.read(query(), untilEnded())).rejects.toThrow(TypeError)
    expect(table.reads).toBe(2)
    table.fault = undefined
    expect(await source.read(query(), untilEnded())).toMatchObject({ amount: 5n })
  })

  it.each(malformed)('leaves what was known as it is: %s', async (_, answer) => {
    const clock = manualClock()
    const table = tableBalances()
    table.set(ALICE, MINT, 5n)
    const source = cached(table, { clock })
    await source.read(query(), untilEnded())
    table.fault = () => answer as Balance
    clock.advance(TTL + REVALIDATE)
    expect(await source.read(query(), untilEnded())).toMatchObject({ amount: 5n, freshness: 'stale' })
    clock.advance(IF_ERROR - REVALIDATE)
    await expect(source.read(query(), untilEnded())).rejects.toThrow(TypeError)
  })

  it('hands on only what a balance has, and says itself how it was come by', async () => {
    const source: BalanceSource = {
      read: async () =>
        Object.assign(balance(5n, { freshness: 'stale' }), { rpcUrl: 'https://rpc.example/key' }),
      readMint: async () => ({ decimals: 9 }),
    }
    expect(await cached(source).read(query(), untilEnded())).toEqual(balance(5n))
  })
})

describe('what is kept', () => {
  it('is bounded, and the least recently used goes first', async () => {
    const table = tableBalances()
    const source = cached(table, { maxEntries: 2 })
    const read = (owner: string) => source.read(query({ owner }), untilEnded())
    await read('one')
    await read('two')
    await read('one')
    await read('three')
    expect(table.reads).toBe(3)
    expect(await outcomeOf(read('one'))).toBe(0n)
    expect(table.reads).toBe(3)
    await read('two')
    expect(table.reads).toBe(4)
  })
})
