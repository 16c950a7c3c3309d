import { createGate, GateError } from 'sallyport'
import { type CachedOptions, cached } from 'sallyport/balances'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { tableBalances } from '../support/balances.js'

const times = ['ttlMs', 'insufficientTtlMs', 'staleWhileRevalidateMs', 'staleIfErrorMs']
const badTimes = [-1, Number.NaN, Number.POSITIVE_INFINITY, '60000', null, true]
const badCounts = [
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  '10',
  null,
]
const badTimeouts = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '10', null]

const bad: readonly (readonly [string, unknown])[] = [
  ...times.flatMap((name) => badTimes.map((value) => [name, value] as const)),
  ...badCounts.map((value) => ['maxEntries', value] as const),
]
const badAlone: readonly (readonly [string, unknown])[] = [
  ...bad,
  ...badTimeouts.map((value) => ['timeoutMs', value] as const),
  ['clock', {}],
  ['clock', null],
  ['clock', Date.now],
  ['ttl', 1],
]

describe('the options of a cache', () => {
  it.each(badAlone)('refuse %s: %s', (name, value) => {
    expect(problemsOf(() => cached(tableBalances(), { [name]: value } as CachedOptions))).toEqual([
      expect.stringContaining(`cached.${name} `),
    ])
  })

  it.each(bad)('refuse balanceCache.%s: %s', (name, value) => {
    const options = { store: memoryStore(), balances: tableBalances(), balanceCache: { [name]: value } }
    expect(problemsOf(() => createGate(options))).toEqual([expect.stringContaining(`balanceCache.${name} `)])
  })

  it.each([null, true, 'off', 60_000])('refuse a balanceCache that is no object: %s', (balanceCache) => {
    const options = { store: memoryStore(), balances: tableBalances(), balanceCache: balanceCache as never }
    expect(problemsOf(() => createGate(options))).toEqual([expect.stringContaining('balanceCache')])
  })

  it.each([undefined, null, {}, { read: () => undefined }])('refuse a source that is none: %s', (source) => {
    expect(problemsOf(() => cached(source as never))).toEqual([
      expect.stringContaining('cached needs a source'),
    ])
  })

  it('are told of all at once', () => {
    const options = { ttlMs: -1, maxEntries: 0, unheardOf: 1 } as CachedOptions
    expect(problemsOf(() => cached(tableBalances(), options))).toHaveLength(3)
  })

  it('take zero for every time, and one entry', () => {
    const zeros = Object.fromEntries(times.map((name) => [name, 0]))
    expect(() => cached(tableBalances(), { ...zeros, maxEntries: 1 })).not.toThrow()
  })

  it('have no effect on a source that is cached already, and say so', () => {
    const options = { store: memoryStore(), balances: cached(tableBalances()), balanceCache: { ttlMs: 1 } }
    expect(problemsOf(() => createGate(options))).toEqual([expect.stringContaining('already cached()')])
  })
})

function problemsOf(make: () => unknown): readonly string[] {
  try {
    make()
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_GATE_OPTIONS') return error.problems
    throw error
  }
  return []
}
