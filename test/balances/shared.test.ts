import { type Balance, type BalanceSource, type CallOptions, GateError } from 'sallyport'
import { cached } from 'sallyport/balances'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { shared } from '../../src/balances/shared.js'
import { callAt, heldSource } from '../harness/balances/held-source.js'
import { balance, decimal, outcomeOf, query, settled, untilEnded } from '../harness/balances/readings.js'
import { tableBalanceStore } from '../harness/balances/table-balance-store.js'
import { ALICE, BOB, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'

const KEY = { mint: MINT, owner: ALICE }

function kit(options: { readonly timeoutMs?: number } = {}) {
  const clock = manualClock()
  const store = tableBalanceStore(clock)
  const chain = tableBalances({ decimals: 0 })
  chain.set(ALICE, MINT, 100n)
  const source = shared(chain, { store, clock, ...options })
  return {
    clock,
    store,
    chain,
    source,
    put: (kept: Balance, ttlMs = 60_000) => store.keepBalance(KEY, kept, ttlMs, untilEnded()),
    read: async (rest: Parameters<typeof query>[0] = {}, from: BalanceSource = source) => {
      const answer = await from.read(query(rest), untilEnded())
      await settled()
      return answer
    },
  }
}

let unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)
beforeEach(() => {
  unhandled = []
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  vi.useRealTimers()
  await settled()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

describe('balances that are shared', () => {
  it('are read once for all instances until their time is over', async () => {
    const { clock, store, chain, read } = kit()
    const there = shared(chain, { store, clock })
    expect(await read()).toEqual(balance(100n, { decimals: 0, slot: 2 }))
    clock.advance(9_999)
    expect(await read({}, there)).toEqual(balance(100n, { decimals: 0, slot: 2, freshness: 'cached' }))
    expect(chain.reads).toBe(1)
    clock.advance(1)
    expect(await read({}, there)).toEqual(balance(100n, { decimals: 0, slot: 2 }))
    expect(chain.reads).toBe(2)
  })

  it('are each of one wallet and one mint', async () => {
    const { chain, read } = kit()
    await read()
    expect(await read({ owner: BOB })).toMatchObject({ amount: 0n })
    expect(await read({ mint: BOB })).toMatchObject({ amount: 0n })
    expect(chain.reads).toBe(3)
  })

  it('are used for a short while only where they do not suffice', async () => {
    const { clock, chain, read, store } = kit()
    await read()
    const minimum = decimal('101')
    clock.advance(1_999)
    expect(await read({ minimum })).toMatchObject({ amount: 100n, freshness: 'cached' })
    chain.set(ALICE, MINT, 101n)
    clock.advance(1)
    expect(await read({ minimum })).toEqual(balance(101n, { decimals: 0, slot: 3 }))
    clock.advance(1_999)
    expect(await read({ minimum })).toMatchObject({ amount: 101n, freshness: 'cached' })
    expect(store.lifetimesMs).toEqual([10_000, 10_000])
  })

  it('are kept for a short while only where they do not suffice', async () => {
    const { store, read } = kit()
    await read({ minimum: decimal('101') })
    await read({ owner: BOB, minimum: decimal('0') })
    expect(store.lifetimesMs).toEqual([2_000, 10_000])
  })

  it('answer for a lower bound only who is content with it and reaches it', async () => {
    const { chain, read, put } = kit()
    await put(balance(50n, { decimals: 0, slot: 1, exact: false }))
    expect(await read()).toMatchObject({ amount: 50n, exact: false, freshness: 'cached' })
    expect(await read({ minimum: decimal('50') })).toMatchObject({ amount: 50n, exact: false })
    expect(chain.reads).toBe(0)
    expect(await read({ minimum: decimal('51') })).toMatchObject({ amount: 100n, exact: true })
    await put(balance(50n, { decimals: 0, slot: 9, exact: false }))
    expect(await read({ exact: true })).toMatchObject({ amount: 100n, exact: true })
    expect(chain.reads).toBe(2)
  })

  it('are not kept where the source had them from elsewhere', async () => {
    const { clock, store, chain } = kit()
    const source = shared(cached(chain, { clock }), { store, clock })
    await source.read(query(), untilEnded())
    await settled()
    clock.advance(20_000)
    expect(await source.read(query(), untilEnded())).toMatchObject({ freshness: 'cached' })
    await settled()
    expect(store.lifetimesMs).toHaveLength(1)
  })

  it('count from when their reading began', async () => {
    const { clock, store } = kit()
    const chain = heldSource()
    const source = shared(chain, { store, clock })
    const reading = source.read(query(), untilEnded())
    await settled()
    clock.advance(4_000)
    callAt(chain, 0).answer(5n)
    await reading
    const late = source.read(query({ owner: BOB }), untilEnded())
    await settled()
    clock.advance(10_000)
    callAt(chain, 1).answer(5n)
    await late
    await settled()
    expect(store.lifetimesMs).toEqual([6_000])
  })

  it('never answer what the chain did not', async () => {
    const { chain, read, store } = kit()
    for (const odd of [null, undefined, 0, { amount: 5 }, balance(-1n)]) {
      chain.fault = () => odd as Balance
      expect(await outcomeOf(read())).toBe('rejected')
    }
    expect(store.lifetimesMs).toEqual([])
  })
})

describe('a store of balances', () => {
  const faults: Readonly<Record<string, () => never | Promise<never>>> = {
    'throws at once': () => {
      throw new Error('down')
    },
    rejects: () => Promise.reject(new Error('down')),
    'answers nothing for ever': () => new Promise(() => undefined),
    'answers null': () => null as never,
    'answers something malformed': () => Promise.resolve({ ...balance(1n), amount: '1' } as never),
    'answers no age': () => Promise.resolve(balance(1n) as never),
    'answers an age that is none': () => Promise.resolve({ ...balance(1n), ageMs: Number.NaN } as never),
  }

  it.each(Object.keys(faults))('is not used where it %s', async (name) => {
    const { store, chain, read, put } = kit({ timeoutMs: 20 })
    await put(balance(1n, { decimals: 0 }))
    store.readFault = faults[name]
    expect(await read()).toMatchObject({ amount: 100n })
    expect(chain.reads).toBe(1)
    store.readFault = undefined
    expect(await read()).toMatchObject({ amount: 100n, freshness: 'cached' })
  })

  it.each(['throws at once', 'rejects', 'answers nothing for ever'])(
    'that could not keep an answer, because it %s, is not asked for one that is older',
    async (name) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { clock, store, chain, read, put } = kit({ timeoutMs: 20 })
      await put(balance(1n, { decimals: 0, slot: 1 }), 10_000)
      clock.advance(3_000)
      store.keepFault = faults[name]
      const minimum = decimal('50')
      expect(await read({ minimum })).toMatchObject({ amount: 100n })
      await vi.advanceTimersByTimeAsync(20)
      clock.advance(6_999)
      expect(await read()).toMatchObject({ amount: 100n })
      expect(chain.reads).toBe(2)
      store.keepFault = undefined
      clock.advance(10_020)
      expect(await read()).toMatchObject({ amount: 100n })
      expect(await read()).toMatchObject({ amount: 100n, freshness: 'cached' })
      expect(chain.reads).toBe(3)
    },
  )

  it('is not waited for when it keeps', async () => {
    const { store, read } = kit()
    store.keepFault = () => new Promise(() => undefined)
    expect(await read()).toMatchObject({ amount: 100n })
  })

  it('leaves the chain half of what the caller waits, and tells it what is left', async () => {
    const { store, clock } = kit()
    const seen: CallOptions[] = []
    const chain: BalanceSource = {
      async read(_, options) {
        seen.push(options)
        return balance(1n)
      },
      readMint: async () => ({ decimals: 0 }),
    }
    const source = shared(chain, { store, timeoutMs: 60_000, clock })
    store.readFault = () => new Promise(() => undefined)
    const { signal } = new AbortController()
    await source.read(query(), { signal, timeoutMs: 40 })
    store.readFault = () => {
      clock.advance(30)
      throw new Error('down')
    }
    await source.read(query(), { signal, timeoutMs: 100 })
    expect(seen.map(({ timeoutMs }) => timeoutMs)).toEqual([40, 70])
    expect(seen.every((options) => options.signal === signal)).toBe(true)
  })
})

describe('the options of shared balances', () => {
  const store = tableBalanceStore(manualClock())

  it.each<readonly [string, unknown]>([
    ['store', undefined],
    ['store', null],
    ['store', { readBalance: () => undefined }],
    ...['ttlMs', 'insufficientTtlMs'].flatMap((name) =>
      [-1, Number.NaN, Number.POSITIVE_INFINITY, '5', null].map((value) => [name, value] as const),
    ),
    ...[0, -1, 2 ** 31, '5', null].map((value) => ['timeoutMs', value] as const),
    ['clock', {}],
    ['ttl', 5],
  ])('refuse %s: %s', (name, value) => {
    expect(problemsOf(tableBalances(), { store, [name]: value })).toEqual([
      expect.stringContaining(`shared.${name} `),
    ])
  })

  it('refuse a source that is none, and tell of all at once', () => {
    expect(problemsOf({}, { store })).toEqual([expect.stringContaining('shared needs a source')])
    expect(problemsOf({}, undefined)).toHaveLength(2)
    expect(problemsOf({}, { store: {}, ttlMs: -1, timeoutMs: 0, clock: 5, odd: 1 })).toHaveLength(6)
  })
})

function problemsOf(source: unknown, options: unknown): readonly string[] {
  try {
    shared(source as never, options as never)
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_GATE_OPTIONS') return error.problems
    throw error
  }
  return []
}
