import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { redisLimits } from 'sallyport/limits'
import { expect, it, onTestFinished } from 'vitest'
import { describeWithServer, freshRedisPrefix, redisUrl } from '../support/servers.js'
import { passing, take } from './kit.js'
import { openIoRedis } from './registry.js'

const limit = { requests: 1, windowSeconds: 60 }
const url = String(redisUrl)

async function connected() {
  const { client, close } = await openIoRedis()
  onTestFinished(async () => {
    await close()
  })
  return client
}

describeWithServer('limits in Redis', 'redis', () => {
  it('name their keys after the prefix, the limit and who is counted, and let all of them end', async () => {
    const client = await connected()
    const keyPrefix = freshRedisPrefix()
    const blocked = { ...limit, blockSeconds: 600 }
    const limits = redisLimits(client, { account: blocked, failures: limit, onOutage: 'refuse', keyPrefix })
    await passing(3, () => take(limits, 'acme'))
    await take(limits, '2001:db8:0:1::/64', 'failures')
    await take(limits, 'ac me', 'failures')
    const keys = (await client.keys(`${keyPrefix}*`)).sort()
    expect(keys).toEqual([
      `${keyPrefix}:limits:account:1/60/600:acme`,
      expect.stringMatching(/:limits:failures:1\/60:#[\w-]{43}$/),
      `${keyPrefix}:limits:failures:1/60:2001:db8:0:1::/64`,
    ])
    const lifetimes = await Promise.all(keys.map((key) => client.ttl(key)))
    expect(lifetimes.every((seconds) => seconds > 0 && seconds <= 600)).toBe(true)
  })

  it('count a key apart under another prefix', async () => {
    const client = await connected()
    const options = { account: limit, onOutage: 'refuse' } as const
    const one = redisLimits(client, { ...options, keyPrefix: freshRedisPrefix() })
    const other = redisLimits(client, { ...options, keyPrefix: freshRedisPrefix() })
    expect(await passing(2, () => take(one))).toBe(1)
    expect(await take(other)).toMatchObject({ allowed: true })
  })

  it('count anew where a window would end after the longest that it can last', async () => {
    const client = await connected()
    const keyPrefix = freshRedisPrefix()
    const limits = redisLimits(client, { account: limit, onOutage: 'refuse', keyPrefix })
    expect(await passing(2, () => take(limits))).toBe(1)
    // As a step of the server's clock would leave it.
    await client.expire(`${keyPrefix}:limits:account:1/60:acme`, 86_400)
    expect(await take(limits)).toMatchObject({ allowed: true })
    expect(await take(limits)).toMatchObject({ allowed: false })
  })

  it('reject where something else has the name of a key', async () => {
    const client = await connected()
    const keyPrefix = freshRedisPrefix()
    const limits = redisLimits(client, { account: limit, onOutage: 'allow', keyPrefix })
    await client.set(`${keyPrefix}:limits:account:1/60:acme`, 'no number')
    await expect(take(limits)).rejects.toThrow('not an integer')
  })

  it('connect a client of ioredis that waits for its first command', async () => {
    const client = new Redis(url, { lazyConnect: true, enableOfflineQueue: false })
    onTestFinished(() => client.disconnect())
    const limits = redisLimits(client, { account: limit, onOutage: 'refuse', keyPrefix: freshRedisPrefix() })
    expect(await passing(3, () => take(limits))).toBe(1)
  })

  it('reject at once over a client that is not connected, or no longer', async () => {
    const options = { account: limit, onOutage: 'refuse', keyPrefix: freshRedisPrefix() } as const
    const ioredis = await connected()
    const early = createClient({ url })
    // Left to itself, this one queues what it cannot send.
    const patient = new Redis('redis://127.0.0.1:1')
    patient.on('error', () => undefined)
    onTestFinished(() => patient.disconnect())
    const limits = [ioredis, early, patient].map((client) => redisLimits(client, options))
    ioredis.disconnect()
    const sinceMs = performance.now()
    for (const each of limits) await expect(take(each)).rejects.toBeInstanceOf(Error)
    expect(performance.now() - sinceMs).toBeLessThan(1_000)
  })

  it('reject where a client that waits cannot connect, and try again', async () => {
    const client = new Redis('redis://127.0.0.1:1', { lazyConnect: true, retryStrategy: () => null })
    client.on('error', () => undefined)
    onTestFinished(() => client.disconnect())
    const limits = redisLimits(client, { account: limit, onOutage: 'refuse' })
    for (let count = 0; count < 2; count++) await expect(take(limits)).rejects.toBeInstanceOf(Error)
  })
})
