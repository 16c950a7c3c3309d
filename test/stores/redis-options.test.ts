import { GateError } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { redisStore } from '../../src/stores/redis.js'
import { SEALING_KEY } from './redis-kit.js'

const client = { evalsha: async () => null, eval: async () => null }
const fine = { sealingKeys: [SEALING_KEY] }

describe('the options of a Redis store', () => {
  it('take a client of either kind and the keys to seal with', () => {
    expect(() => redisStore(client, fine)).not.toThrow()
    expect(() => redisStore({ evalSha: async () => null, eval: async () => null }, fine)).not.toThrow()
    expect(() => redisStore(client, { ...fine, prefix: 'two words: ü' })).not.toThrow()
  })

  it.each([undefined, null, {}, 'redis://localhost', { eval: () => null }, { get: () => null }])(
    'refuse what is no client: %s',
    (none) => {
      expect(problemsOf(none, fine)).toEqual(['redisStore needs an ioredis or node-redis client'])
    },
  )

  it.each<readonly [string, unknown]>([
    ['sealingKeys', undefined],
    ['sealingKeys', []],
    ['sealingKeys', SEALING_KEY],
    ['sealingKeys', [SEALING_KEY, 'short']],
    ['prefix', ''],
    ['prefix', 5],
    ['prefix', null],
    ['prefix', 'a{b'],
    ['prefix', '}'],
    ['prefix', 'x'.repeat(201)],
    ['clock', {}],
    ['clock', null],
    ['url', 'redis://localhost'],
  ])('refuse %s: %s', (name, value) => {
    expect(problemsOf(client, { ...fine, [name]: value })).toEqual([
      expect.stringContaining(`redisStore.${name} `),
    ])
  })

  it('never repeat a sealing key', () => {
    expect(problemsOf(client, { sealingKeys: ['a secret that is too short'] }).join()).not.toContain(
      'too short',
    )
  })

  it('are told of all at once', () => {
    const problems = problemsOf({}, { sealingKeys: [], prefix: '{', clock: 5, unheardOf: 1 })
    expect(problems).toHaveLength(5)
    expect(problemsOf({}, undefined)).toHaveLength(2)
  })
})

function problemsOf(given: unknown, options: unknown): readonly string[] {
  try {
    redisStore(given as never, options as never)
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_GATE_OPTIONS') return error.problems
    throw error
  }
  return []
}
