import type { Balance } from 'sallyport'
import { cached } from 'sallyport/balances'
import { describe, expect, it } from 'vitest'
import { decimal, query, settled, untilEnded } from '../harness/balances/readings.js'
import { ALICE, MINT } from '../support/addresses.js'
import { type TableBalances, tableBalances } from '../support/balances.js'
import { type ManualClock, manualClock } from '../support/clock.js'

const TTL = 60_000
const INSUFFICIENT = 5_000
const REVALIDATE = 30_000
const IF_ERROR = 300_000
const HOUR = 3_600_000
const TOKEN = 10n ** 9n

interface Kit {
  readonly table: TableBalances
  readonly clock: ManualClock
  read(minimum?: string): Balance | Promise<Balance>
}

/** The defaults, and Alice holding 100 tokens. */
function kit(): Kit {
  const table = tableBalances()
  const clock = manualClock()
  table.set(ALICE, MINT, 100n * TOKEN)
  const source = cached(table, { clock })
  return {
    table,
    clock,
    read: (minimum = '50') => source.read(query({ minimum: decimal(minimum) }), untilEnded()),
  }
}

const down = () => Promise.reject(new Error('down'))

describe('an answer that suffices', () => {
  it('says nothing of its freshness when it was read for the caller, and cached when it was found', async () => {
    const { read } = kit()
    expect(await read()).toEqual({ amount: 100n * TOKEN, decimals: 9, slot: 2, exact: true })
    expect(read()).toEqual({ amount: 100n * TOKEN, decimals: 9, slot: 2, exact: true, freshness: 'cached' })
  })

  it('is answered without a promise once it is known', async () => {
    const { read } = kit()
    expect(read()).toBeInstanceOf(Promise)
    await read()
    expect(read()).not.toBeInstanceOf(Promise)
  })

  it('cannot be changed by whoever was given it', async () => {
    const { read } = kit()
    const answer = await read()
    expect(() => Object.assign(answer, { amount: 0n })).toThrow(TypeError)
    expect(await read()).toMatchObject({ amount: 100n * TOKEN })
  })

  it('is fresh up to ttlMs and no longer', async () => {
    const { table, clock, read } = kit()
    await read()
    expect(table.reads).toBe(1)
    table.fault = down
    clock.advance(TTL - 1)
    expect(await read()).toMatchObject({ freshness: 'cached' })
    clock.advance(1)
    expect(await read()).toMatchObject({ freshness: 'stale' })
  })

  it('ages from when its reading began, not from when it came', async () => {
    const clock = manualClock()
    const source = cached(
      {
        read: async () => {
          clock.advance(40_000)
          return { amount: 1n, decimals: 0, slot: 1, exact: true }
        },
        readMint: async () => ({ decimals: 0 }),
      },
      { clock },
    )
    await source.read(query(), untilEnded())
    clock.advance(20_000)
    expect(await source.read(query(), untilEnded())).toMatchObject({ freshness: 'stale' })
  })

  it.each([
    ['back by an hour', -HOUR],
    ['forward by an hour', HOUR],
  ])('does not age or grow young when the wall clock is stepped %s', async (_, step) => {
    const { table, clock, read } = kit()
    await read()
    clock.stepWall(step)
    clock.advance(TTL / 2 - 1)
    expect(await read()).toMatchObject({ freshness: 'cached' })
    expect(table.reads).toBe(1)
    table.fault = down
    clock.advance(TTL / 2)
    expect(await read()).toMatchObject({ freshness: 'cached' })
    clock.advance(1)
    clock.stepWall(step)
    expect(await read()).toMatchObject({ freshness: 'stale' })
  })

  it('does not come back to life when the wall clock is stepped back after it ran out', async () => {
    const { table, clock, read } = kit()
    await read()
    table.set(ALICE, MINT, 1n)
    clock.advance(TTL + IF_ERROR)
    clock.stepWall(-HOUR)
    expect(await read()).toMatchObject({ amount: 1n })
    table.fault = down
    clock.stepWall(-HOUR)
    clock.advance(INSUFFICIENT)
    await expect(read()).rejects.toThrow('down')
  })
})

describe('a sufficient answer past its time', () => {
  it('is served stale while one reading behind renews it', async () => {
    const { table, clock, read } = kit()
    await read()
    table.set(ALICE, MINT, 70n * TOKEN)
    clock.advance(TTL)
    const crowd = Array.from({ length: 1_000 }, () => read())
    expect(crowd.every((answer) => !(answer instanceof Promise) && answer.freshness === 'stale')).toBe(true)
    expect(table.reads).toBe(2)
    await settled()
    expect(read()).toMatchObject({ amount: 70n * TOKEN, freshness: 'cached' })
    clock.advance(TTL / 2 - 1)
    expect(read()).toMatchObject({ freshness: 'cached' })
    expect(table.reads).toBe(2)
  })

  it('is served stale to the last moment of the window, and past it callers wait', async () => {
    const { table, clock, read } = kit()
    await read()
    table.fault = down
    clock.advance(TTL + REVALIDATE - 1)
    expect(read()).toMatchObject({ freshness: 'stale' })
    await settled()
    table.fault = undefined
    table.set(ALICE, MINT, 70n * TOKEN)
    clock.advance(1)
    const waited = read()
    expect(waited).toBeInstanceOf(Promise)
    expect(await waited).toEqual({ amount: 70n * TOKEN, decimals: 9, slot: 3, exact: true })
  })

  it('counts again as soon as a reading behind finds that it no longer suffices', async () => {
    const { table, clock, read } = kit()
    await read()
    table.set(ALICE, MINT, 1n)
    clock.advance(TTL)
    expect(read()).toMatchObject({ amount: 100n * TOKEN, freshness: 'stale' })
    await settled()
    expect(await read()).toMatchObject({ amount: 1n, freshness: 'cached' })
  })

  it('is served stale on an outage up to ttlMs and staleIfErrorMs, then not at all', async () => {
    const { table, clock, read } = kit()
    await read()
    table.fault = down
    clock.advance(TTL + IF_ERROR - 1)
    expect(await read()).toMatchObject({ amount: 100n * TOKEN, freshness: 'stale' })
    clock.advance(1)
    await expect(read()).rejects.toThrow('down')
  })

  it('is not served when it runs out while the failing reading is under way', async () => {
    const { table, clock, read } = kit()
    await read()
    clock.advance(TTL + IF_ERROR - 1)
    table.fault = () => {
      clock.advance(1)
      return down()
    }
    await expect(read()).rejects.toThrow('down')
  })

  it('does not live longer because readings fail', async () => {
    const { table, clock, read } = kit()
    await read()
    table.fault = down
    for (let passed = 0; passed < TTL + IF_ERROR; passed += 30_000) {
      expect(await read()).toMatchObject({ amount: 100n * TOKEN })
      await settled()
      clock.advance(30_000)
    }
    await expect(read()).rejects.toThrow('down')
  })

  it('is renewed as soon as the outage is over', async () => {
    const { table, clock, read } = kit()
    await read()
    table.fault = down
    clock.advance(TTL + IF_ERROR)
    await expect(read()).rejects.toThrow('down')
    table.fault = undefined
    expect(await read()).toEqual({ amount: 100n * TOKEN, decimals: 9, slot: 2, exact: true })
  })
})

describe('an answer that does not suffice', () => {
  it('is used for insufficientTtlMs, so that a top-up counts then', async () => {
    const { table, clock, read } = kit()
    await read('200')
    table.set(ALICE, MINT, 300n * TOKEN)
    clock.advance(INSUFFICIENT - 1)
    expect(await read('200')).toMatchObject({ amount: 100n * TOKEN, freshness: 'cached' })
    expect(table.reads).toBe(1)
    clock.advance(1)
    expect(await read('200')).toEqual({ amount: 300n * TOKEN, decimals: 9, slot: 3, exact: true })
  })

  it('is never served on an outage, however young', async () => {
    const { table, clock, read } = kit()
    await read('200')
    table.fault = down
    clock.advance(INSUFFICIENT)
    await expect(read('200')).rejects.toThrow('down')
  })

  it('still suffices for those who need less: the amount is kept, not the verdict', async () => {
    const { table, clock, read } = kit()
    await read('200')
    clock.advance(INSUFFICIENT)
    expect(read('100')).toMatchObject({ amount: 100n * TOKEN, freshness: 'cached' })
    expect(read('100.000000001')).toBeInstanceOf(Promise)
    expect(table.reads).toBe(2)
  })

  it('is read anew for those who need more, also where it was fresh for those who need less', async () => {
    const { table, clock, read } = kit()
    await read('50')
    table.set(ALICE, MINT, 300n * TOKEN)
    clock.advance(INSUFFICIENT)
    expect(await read('50')).toMatchObject({ amount: 100n * TOKEN, freshness: 'cached' })
    expect(await read('200')).toMatchObject({ amount: 300n * TOKEN })
    expect(await read('50')).toMatchObject({ amount: 300n * TOKEN, freshness: 'cached' })
    expect(table.reads).toBe(2)
  })
})
