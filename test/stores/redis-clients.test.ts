import { expect, it } from 'vitest'
import { byDigest, byKeyId, next, rotated } from '../../src/testing/store-contract-entries.js'
import { describeWithServer, redisUrl } from '../support/servers.js'
import { allDrivers, type Connection, DAY_MS, openStore, pastClock, withConnection } from './redis-kit.js'

const clock = pastClock()
const OPTIONS = { signal: new AbortController().signal }

/** Every verb in every way it can answer, in an order that gives every client the same answers. */
async function answersOf({ client }: Connection): Promise<unknown[]> {
  const { store, calls, make } = openStore(client, { clock })
  const [key, pair, other] = [make.key({ name: 'ü {}\0' }), make.pair(), make.key({ accountId: 'other' })]
  const newDigest = make.digest()
  const batch = {
    id: 'batch',
    counts: [
      { credentialId: key.id, hourMs: 0, route: 'GET /', outcome: 'allowed', count: 3, lastUsedAtMs: 5.5 },
    ],
    forgetHoursBeforeMs: 0,
  }
  const place = { mint: 'mint', owner: 'owner' }
  const answers: unknown[] = [
    await calls.add(key, 2),
    await calls.add(pair, 2),
    await calls.add(other),
    await calls.add(key),
    await calls.add(make.key(), 2),
    await calls.change(rotated(key, newDigest, clock.wallMs() + DAY_MS)),
    await calls.change(next(key)),
    await calls.find(byDigest(newDigest)),
    await calls.find(byDigest(key.digest)),
    await calls.find(byKeyId(pair.keyId)),
    await calls.find(byKeyId('unknown')),
    await calls.read(pair.id),
    await calls.read('unknown'),
    await calls.list({ limit: 2 }),
    await calls.list({ limit: 2, after: (await calls.list({ limit: 2 })).next ?? '' }),
    await calls.list({ limit: 3, accountId: 'nobody' }),
    await calls.revoke(make.revocation('credential', pair.id)),
    await calls.revoke(make.revocation('credential', 'unknown')),
    await calls.revoke(make.revocation('all', '')),
    await calls.listAll({ revoked: true }),
    (await calls.changes(null)).changes,
    (await calls.changes((await calls.changes(null)).cursor)).changes,
    await calls.claim('claim', clock.wallMs() + 1_000),
    await calls.claim('claim', clock.wallMs() + 1_000),
    await calls.addUsage(batch),
    await calls.addUsage(batch),
    await calls.usage({ credentialIds: [key.id, 'unknown'], hoursSinceMs: 0 }),
    await store.readBalance(place, OPTIONS),
    await store.keepBalance(place, { amount: 2n ** 64n, decimals: 9, slot: 5, exact: true }, DAY_MS, OPTIONS),
    { ...(await store.readBalance(place, OPTIONS)), ageMs: 0 },
    await store.reseal(),
  ]
  return answers
}

describeWithServer('the clients of Redis', 'redis', () => {
  it.each(allDrivers)('answer alike for every verb: $name', async (driver) => {
    const [first = driver] = allDrivers
    const expected = await withConnection(first, redisUrl, answersOf)
    expect(await withConnection(driver, redisUrl, answersOf)).toEqual(expected)
    expect(expected.slice(0, 7)).toEqual(['added', 'added', 'added', 'duplicate', 'full', true, false])
  })

  it('are never closed by the store, and never listened to', async () => {
    await withConnection(first(), redisUrl, async ({ client, call }) => {
      const emitter = client as unknown as NodeJS.EventEmitter
      const before = emitter.listenerCount('error')
      const { store, calls } = openStore(client)
      await calls.read('unknown')
      await store.close()
      expect(emitter.listenerCount('error')).toBe(before)
      expect(await call('PING')).toBe('PONG')
      expect(await calls.read('unknown')).toBeUndefined()
    })
  })
})

function first() {
  const [driver] = allDrivers
  if (driver === undefined) throw new Error('there is no client')
  return driver
}
