import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { createGate, GateError } from 'sallyport'
import { memoryLimits, postgresLimits, redisLimits } from 'sallyport/limits'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'

const limit = { requests: 10, windowSeconds: 60 }
const redis = createClient()
const pool = new Pool()

/** What is wrong with options that TypeScript would refuse as well. */
function problemsOf(make: (options: never) => unknown, options?: unknown): readonly string[] {
  try {
    make(options as never)
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_GATE_OPTIONS') return error.problems
    throw error
  }
  return []
}

const ofMemory = (options?: unknown) => problemsOf(memoryLimits, options)
const ofRedis = (options?: unknown, client: unknown = redis) =>
  problemsOf((given: never) => redisLimits(client as never, given), options)
const ofPostgres = (options?: unknown, client: unknown = pool) =>
  problemsOf((given: never) => postgresLimits(client as never, given), options)

describe('the options of limits', () => {
  it('are all named at once where they are wrong', () => {
    expect(
      ofRedis(
        { acount: limit, failures: { requests: 0, windowSeconds: '60' }, keyPrefix: '', onOutage: '' },
        {},
      ),
    ).toEqual([
      'redisLimits must be given a client of ioredis or node-redis',
      'redisLimits.acount is not an option; known are account, failures, connect, onOutage, keyPrefix',
      'redisLimits.failures.requests must be a whole number from 1 to 1000000000',
      'redisLimits.failures.windowSeconds must be a whole number from 1 to 604800',
      expect.stringContaining('redisLimits.onOutage must be declared'),
      'redisLimits.keyPrefix must be 1 to 100 printable characters without spaces',
    ])
  })

  it('need a limit', () => {
    const needed = expect.stringMatching(/needs a limit: account, failures or connect$/)
    expect(ofMemory({})).toEqual([needed])
    expect(ofRedis({ onOutage: 'refuse' })).toEqual([needed])
    expect(ofPostgres({ onOutage: 'allow' })).toEqual([needed])
  })

  it.each([undefined, null, 1, 'account'])('must be given, and not be %s', (options) => {
    expect(ofMemory(options)).toEqual([expect.stringContaining('memoryLimits must be given options')])
    expect(ofRedis(options)).toEqual([expect.stringContaining('redisLimits must be given options')])
    expect(ofPostgres(options)).toEqual([expect.stringContaining('postgresLimits must be given options')])
  })

  it('say that a limit without a value is none', () => {
    const unset = expect.stringContaining('is undefined; leave it out or give it a value')
    expect(ofMemory({ account: undefined })).toEqual([unset])
    expect(ofMemory({ account: undefined, connect: limit })).toEqual([unset])
    expect(ofMemory({ account: { ...limit, blockSeconds: undefined } })).toEqual([unset])
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '60', null, 604_801])(
    'refuse a window and a block of %s seconds',
    (seconds) => {
      expect(ofMemory({ connect: { requests: 1, windowSeconds: seconds } })).toEqual([
        'memoryLimits.connect.windowSeconds must be a whole number from 1 to 604800',
      ])
      expect(ofMemory({ connect: { requests: 1, windowSeconds: 1, blockSeconds: seconds } })).toContain(
        'memoryLimits.connect.blockSeconds must be a whole number from 1 to 604800',
      )
    },
  )

  it('refuse a block that ends before its window, and would let more pass than none', () => {
    expect(ofMemory({ account: { ...limit, blockSeconds: 59 } })).toEqual([
      'memoryLimits.account.blockSeconds must be at least windowSeconds',
    ])
    expect(ofMemory({ account: { ...limit, blockSeconds: 60 } })).toEqual([])
  })

  it('name what is unknown within a limit', () => {
    expect(ofMemory({ account: { ...limit, windowMs: 1 } })).toEqual([
      'memoryLimits.account.windowMs is not an option; known are requests, windowSeconds, blockSeconds',
    ])
    expect(ofMemory({ account: 10 })).toEqual(['memoryLimits.account must be { requests, windowSeconds }'])
  })

  it.each([undefined, 'deny', true])(
    'must declare what an outage means where the backend may be away: not %s',
    (onOutage) => {
      const undeclared =
        /\.onOutage must be declared: 'refuse' answers 503 to a request that cannot be counted, 'allow' lets it pass/
      expect(ofRedis({ account: limit, onOutage })).toEqual([expect.stringMatching(undeclared)])
      expect(ofPostgres({ account: limit, onOutage })).toEqual([expect.stringMatching(undeclared)])
    },
  )

  it('have no outage to declare in memory, which refuses', () => {
    expect(ofMemory({ account: limit, onOutage: 'allow' })).toEqual([
      'memoryLimits.onOutage is not an option; known are account, failures, connect',
    ])
    expect(memoryLimits({ account: limit }).onOutage).toBe('refuse')
  })

  it.each(['', 'a b', 'A', 'a-b', '1a', 'a"; drop table x; --', 'x'.repeat(41), 7])(
    'refuse a table named %j',
    (tableName) => {
      expect(ofPostgres({ account: limit, onOutage: 'refuse', tableName })).toEqual([
        expect.stringContaining('postgresLimits.tableName must be'),
      ])
    },
  )

  it.each([undefined, null, {}, 'redis://127.0.0.1', pool])('refuse %j as a client of Redis', (client) => {
    expect(ofRedis({ account: limit, onOutage: 'refuse' }, client ?? null)).toEqual([
      'redisLimits must be given a client of ioredis or node-redis',
    ])
  })

  it.each([null, {}, 'postgres://127.0.0.1'])('refuse %j as a pool', (client) => {
    expect(ofPostgres({ account: limit, onOutage: 'refuse' }, client)).toEqual([
      'postgresLimits must be given a pool of pg',
    ])
  })

  it('make limits that a gate takes', () => {
    const lazy = new Redis({ lazyConnect: true })
    for (const limits of [
      memoryLimits({ account: limit }),
      redisLimits(redis, { failures: limit, onOutage: 'allow' }),
      redisLimits(lazy, { failures: limit, onOutage: 'refuse' }),
      postgresLimits(pool, { connect: limit, onOutage: 'refuse' }),
    ]) {
      expect(() => createGate({ store: memoryStore(), limits })).not.toThrow()
    }
  })
})
