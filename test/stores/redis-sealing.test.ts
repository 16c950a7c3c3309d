import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startRedis } from '@sallyport/servers'
import { expect, it } from 'vitest'
import { byKeyId } from '../../src/testing/store-contract-entries.js'
import { describeWithServer, redisUrl } from '../support/servers.js'
import { drivers, nodeRedisDriver, openStore, snapshotOf, withConnection } from './redis-kit.js'

const newKey = () => randomBytes(32).toString('base64')

describeWithServer('the secrets of a Redis store', 'redis', () => {
  it('are in no file that Redis writes and in no reply that it gives', async () => {
    const server = await startRedis()
    try {
      await withConnection(nodeRedisDriver, server.url, async (connection) => {
        const { store } = openStore(connection.client)
        const secrets: string[] = []
        const openly: string[] = []
        for (let count = 0; count < 20; count++) {
          const pair = await store.issueSharedSecret({ accountId: 'acme' })
          const renewed = await store.rotateSharedSecret(pair.credentialId)
          const { key } = await store.issueApiKey({ accountId: 'acme' })
          secrets.push(pair.sharedSecret, renewed?.sharedSecret ?? '', key)
          openly.push(pair.keyId, pair.credentialId)
          if (count % 3 === 0) await store.revoke({ credential: pair.credentialId })
        }
        // Compressed, nothing would be found.
        await connection.call('CONFIG', 'SET', 'rdbcompression', 'no')
        await connection.call('SAVE')
        const everything = [
          ...filesOf(server.dir),
          Buffer.from(JSON.stringify(await snapshotOf(connection, ''))),
        ]
        expect(everything.length).toBeGreaterThan(3)
        for (const text of openly) expect(countOf(everything, text)).toBeGreaterThan(2)
        for (const secret of secrets) {
          expect(secret.length).toBeGreaterThan(40)
          const bare = secret.slice(secret.indexOf('_') + 1)
          for (const form of [
            bare,
            Buffer.from(bare).toString('hex'),
            Buffer.from(bare).toString('base64'),
          ]) {
            expect(countOf(everything, form.replace(/=*$/, ''))).toBe(0)
          }
        }
      })
    } finally {
      await server.close()
    }
  })

  it.each(drivers)('are sealed anew with the newest key, and then open without the older: $name', (driver) =>
    withConnection(driver, redisUrl, async ({ client }) => {
      const [oldKey, key] = [newKey(), newKey()]
      const before = openStore(client, { sealingKeys: [oldKey] })
      const { prefix } = before
      const pairs = await Promise.all(
        Array.from({ length: 120 }, () => before.store.issueSharedSecret({ accountId: 'acme' })),
      )
      const [first, second] = pairs
      await before.store.issueApiKey({ accountId: 'acme' })
      await before.store.rotateSharedSecret(first?.credentialId ?? '')
      await before.store.revoke({ credential: second?.credentialId ?? '' })
      const entries = await before.calls.listAll({ revoked: true })
      const between = openStore(client, { sealingKeys: [key, oldKey], prefix })
      expect(await between.calls.listAll({ revoked: true })).toEqual(entries)
      expect(await between.store.reseal()).toBe(121)
      expect(await between.store.reseal()).toBe(0)
      const after = openStore(client, { sealingKeys: [key], prefix })
      expect(await after.calls.listAll({ revoked: true })).toEqual(entries)
      await expect(before.calls.listAll({ revoked: true })).rejects.toThrow(/which is not given/)
    }),
  )

  it('are sealed anew once, whoever else does it or changes them at the same time', () =>
    withConnection(nodeRedisDriver, redisUrl, async ({ client }) => {
      const [oldKey, key] = [newKey(), newKey()]
      const old = openStore(client, { sealingKeys: [oldKey, key] })
      const { prefix } = old
      const pairs = await Promise.all(
        Array.from({ length: 50 }, () => old.store.issueSharedSecret({ accountId: 'acme' })),
      )
      const stores = [1, 2, 3].map(() => openStore(client, { sealingKeys: [key, oldKey], prefix }).store)
      const [counts] = await Promise.all([
        Promise.all(stores.map((store) => store.reseal())),
        Promise.all(pairs.map(({ credentialId }) => old.store.renameCredential(credentialId, 'renamed'))),
      ])
      expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(50)
      await stores[0]?.reseal()
      const after = openStore(client, { sealingKeys: [key], prefix })
      for (const { keyId, sharedSecret } of pairs) {
        expect(await after.calls.find(byKeyId(keyId))).toMatchObject({ secrets: [sharedSecret] })
      }
      const names = (await after.calls.listAll()).map(({ name, version }) => [name, version])
      expect(names).toEqual(pairs.map(() => ['renamed', 2]))
    }))

  it('do not open in the place of another, nor where they have been changed', () =>
    withConnection(nodeRedisDriver, redisUrl, async (connection) => {
      const { store, calls, prefix } = openStore(connection.client)
      const [mine, theirs] = await Promise.all([
        store.issueSharedSecret({ accountId: 'me' }),
        store.issueSharedSecret({ accountId: 'them' }),
      ])
      const read = async (id: string) =>
        JSON.parse(String(await connection.call('HGET', `{${prefix}}:entry:${id}`, 'document')))
      const swapped = { ...(await read(theirs.credentialId)), secret: (await read(mine.credentialId)).secret }
      const write = (document: object) =>
        connection.call(
          'HSET',
          `{${prefix}}:entry:${theirs.credentialId}`,
          'document',
          JSON.stringify(document),
        )
      await write(swapped)
      await expect(calls.find(byKeyId(theirs.keyId))).rejects.toThrow()
      await write({ ...swapped, secret: mine.sharedSecret })
      await expect(calls.find(byKeyId(theirs.keyId))).rejects.toThrow()
      await expect(store.reseal()).rejects.toThrow()
      expect(await calls.find(byKeyId(mine.keyId))).toMatchObject({ secrets: [mine.sharedSecret] })
    }))
})

function filesOf(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name)))
}

const countOf = (files: readonly Buffer[], text: string) => files.filter((file) => file.includes(text)).length
