import { expect, it } from 'vitest'
import { digestOf } from '../support/records.js'
import { byKey, FULL_GRANT, GRANT, REFUSED, type WithStore } from './manager-kit.js'

export function listingTests(withStore: WithStore): void {
  it('an API key and a shared secret, with all that their owner may know', () =>
    withStore(async ({ store, clock }) => {
      const key = await store.issueApiKey({ ...FULL_GRANT, prefix: 'acto' })
      const pair = await store.issueSharedSecret(FULL_GRANT)
      const common = {
        ...FULL_GRANT,
        status: 'active',
        createdAtMs: clock.wallMs(),
        rotatedAtMs: null,
        olderUntilMs: null,
        revokedAtMs: null,
      }
      expect(await store.describeCredential(key.credentialId)).toEqual({
        ...common,
        id: key.credentialId,
        kind: 'apiKey',
        prefix: 'acto',
        lastFour: key.key.slice(-4),
        keyId: null,
      })
      expect(await store.describeCredential(pair.credentialId)).toEqual({
        ...common,
        id: pair.credentialId,
        kind: 'sharedSecret',
        prefix: null,
        lastFour: null,
        keyId: pair.keyId,
      })
      for (const unknown of ['', 'cred_unknown', key.key, digestOf(key.key), pair.keyId, '%', '\0']) {
        expect(await store.describeCredential(unknown)).toBeUndefined()
      }
    }))

  it('nothing secret: no key, no digest, no shared secret, neither the newer nor the older', () =>
    withStore(async ({ store }) => {
      const key = await store.issueApiKey(GRANT)
      const newKey = await store.rotateApiKey(key.credentialId)
      const pair = await store.issueSharedSecret(GRANT)
      const newPair = await store.rotateSharedSecret(pair.credentialId)
      const { credentialId } = await store.importApiKeyDigest(digestOf('imported'), GRANT)
      const shown = JSON.stringify([
        await store.describeCredentials(),
        await store.describeCredential(key.credentialId),
        await store.describeCredential(pair.credentialId),
        await store.describeCredential(credentialId),
      ])
      const keys = [key.key, newKey?.key ?? '']
      const secrets = [pair.sharedSecret, newPair?.sharedSecret ?? '']
      const digests = [...keys.map(digestOf), digestOf('imported')]
      for (const secret of [...keys.map((one) => one.slice(3)), ...secrets, ...digests]) {
        expect(secret.length).toBeGreaterThan(40)
        expect(shown).not.toContain(secret)
      }
    }))

  it('an account page by page, the oldest first, and tombstones where they are asked for', () =>
    withStore(async ({ store, clock }) => {
      const ids: string[] = []
      for (let count = 0; count < 7; count++) {
        const issued = count % 2 === 0 ? await store.issueApiKey(GRANT) : await store.issueSharedSecret(GRANT)
        ids.push(issued.credentialId)
        await store.issueApiKey({ accountId: 'somebody else' })
        clock.advance(1)
      }
      const { accountId } = GRANT
      const seen: string[] = []
      let after: string | null = null
      do {
        const page = await store.describeCredentials({ accountId, limit: 3, ...(after && { after }) })
        seen.push(...page.credentials.map(({ id }) => id))
        after = page.next
      } while (after !== null)
      expect(seen).toEqual(ids)
      const [first = '', ...others] = ids
      await store.revoke({ credential: first })
      const listed = async (filter: object) =>
        (await store.describeCredentials({ accountId, ...filter })).credentials.map(({ id }) => id)
      expect(await listed({})).toEqual(others)
      expect(await listed({ revoked: true })).toEqual(ids)
      expect((await store.describeCredentials()).credentials).toHaveLength(13)
    }))

  it('nothing in pages of less than one, more than a thousand or no whole number', () =>
    withStore(async ({ store }) => {
      for (const limit of [0, -1, 1.5, 1_001, Number.NaN, '10'] as number[]) {
        await expect(store.describeCredentials({ limit }), String(limit)).rejects.toMatchObject(REFUSED)
      }
    }))

  it('a credential under its new name', () =>
    withStore(async ({ store, find }) => {
      const { key, credentialId } = await store.issueApiKey(FULL_GRANT)
      const before = await store.describeCredential(credentialId)
      const found = await find(byKey(key))
      const name = "Robert'); DROP TABLE \\ % 💡"
      expect(await store.renameCredential(credentialId, name)).toBe(true)
      expect(await store.describeCredential(credentialId)).toEqual({ ...before, name })
      expect(await find(byKey(key))).toEqual(found)
      for (const wrong of ['', ' padded ', 'x'.repeat(101), 'a\nb', 'a\u200bb', 5]) {
        const renamed = store.renameCredential(credentialId, wrong as string)
        await expect(renamed).rejects.toMatchObject(REFUSED)
      }
      expect(await store.renameCredential('cred_unknown', name)).toBe(false)
      await store.revoke({ credential: credentialId })
      expect(await store.renameCredential(credentialId, 'too late')).toBe(false)
      expect(await store.describeCredential(credentialId)).toMatchObject({ name, status: 'revoked' })
    }))
}
