import type { Credential, CredentialGrant, GateError } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, BOB } from '../support/addresses.js'
import { digestOf } from '../support/records.js'
import { claimContract } from './store-claims.js'
import { type StoreHarness, withStore as withStoreOf } from './store-harness.js'

const byKey = (key: string) => ({ kind: 'apiKey', digest: digestOf(key) }) as const
const byKeyId = (keyId: string) => ({ kind: 'sharedSecret', keyId }) as const

export function storeContract(harness: StoreHarness): void {
  const { name } = harness
  const withStore = (use: Parameters<typeof withStoreOf>[1]) => withStoreOf(harness, use)

  describe(`the store ${name}`, () => {
    it('finds an API key that it issued, by its digest and with all that was granted', () =>
      withStore(async ({ store, find }) => {
        const { key, credentialId } = await store.issueApiKey({ ...GRANT, prefix: 'acto' })
        expect(key).toMatch(/^acto_[A-Za-z0-9_-]{43}$/)
        expect(await find(byKey(key))).toEqual({
          ...GRANT,
          kind: 'apiKey',
          id: credentialId,
          digest: digestOf(key),
          status: 'active',
        })
      }))

    it('finds a shared secret that it issued, by its key_id and with all that was granted', () =>
      withStore(async ({ store, find }) => {
        const { keyId, sharedSecret, credentialId } = await store.issueSharedSecret(GRANT)
        expect(keyId).toMatch(/^api_key_[A-Za-z0-9_-]{24}$/)
        expect(sharedSecret).toMatch(/^sec_[A-Za-z0-9_-]{43}$/)
        expect(await find(byKeyId(keyId))).toEqual({
          ...GRANT,
          kind: 'sharedSecret',
          id: credentialId,
          keyId,
          secrets: [sharedSecret],
          status: 'active',
        })
      }))

    it('grants nothing that was not asked for', () =>
      withStore(async ({ store, find }) => {
        const { key } = await store.issueApiKey({ accountId: 'a' })
        expect(key.startsWith('sk_')).toBe(true)
        expect(await find(byKey(key))).toMatchObject({
          wallets: [],
          scopes: [],
          role: null,
          environment: null,
          expiresAtMs: null,
        })
      }))

    it('keeps no API key: only its digest', () =>
      withStore(async ({ store, find }) => {
        const { key } = await store.issueApiKey(GRANT)
        expect(JSON.stringify(await find(byKey(key)))).not.toContain(key.slice(3))
      }))

    it('makes every credential anew', () =>
      withStore(async ({ store }) => {
        const made = await Promise.all(Array.from({ length: 20 }, () => store.issueSharedSecret(GRANT)))
        for (const member of ['credentialId', 'keyId', 'sharedSecret'] as const) {
          expect(new Set(made.map((issued) => issued[member])).size).toBe(20)
        }
      }))

    it('answers undefined for what it does not know, byte for byte', () =>
      withStore(async ({ store, find }) => {
        const { key } = await store.issueApiKey(GRANT)
        const { keyId } = await store.issueSharedSecret(GRANT)
        const { digest } = byKey(key)
        for (const unknown of [
          '',
          '__proto__',
          'constructor',
          'toString',
          keyId.toUpperCase(),
          `${keyId} `,
          ` ${keyId}`,
        ]) {
          expect(await find(byKeyId(unknown))).toBeUndefined()
        }
        for (const unknown of [
          `${keyId}\0`,
          keyId.slice(0, -1),
          '%',
          `${keyId}%`,
          "' OR 1=1 --",
          digest,
          key,
        ]) {
          expect(await find(byKeyId(unknown))).toBeUndefined()
        }
        for (const unknown of [
          digest.toUpperCase(),
          digest.slice(0, -1),
          `${digest} `,
          digestOf('another'),
          keyId,
          key,
        ]) {
          expect(await find({ kind: 'apiKey', digest: unknown })).toBeUndefined()
        }
      }))

    it('takes over an API key of elsewhere by its digest, once', () =>
      withStore(async ({ store, find }) => {
        const digest = digestOf('acto_made-elsewhere')
        const { credentialId } = await store.importApiKeyDigest(digest, GRANT)
        const imported = await find({ kind: 'apiKey', digest })
        expect(imported).toEqual({ ...GRANT, kind: 'apiKey', id: credentialId, digest, status: 'active' })
        await expect(store.importApiKeyDigest(digest, { accountId: 'thief' })).rejects.toMatchObject(REFUSED)
        expect(await find({ kind: 'apiKey', digest })).toEqual(imported)
        expect(await store.revoke(credentialId)).toBe(true)
        await expect(store.importApiKeyDigest(digest, GRANT)).rejects.toMatchObject(REFUSED)
        expect(await find({ kind: 'apiKey', digest })).toMatchObject({ status: 'revoked' })
      }))

    it.each([
      [
        '',
        'x',
        digestOf('a').toUpperCase(),
        digestOf('a').slice(1),
        `${digestOf('a')}0`,
        'acto_a-whole-key',
        5,
      ],
    ])('takes over nothing by what is no digest', (...digests) =>
      withStore(async ({ store, find }) => {
        for (const digest of digests as string[]) {
          await expect(store.importApiKeyDigest(digest, GRANT)).rejects.toMatchObject(REFUSED)
          expect(await find({ kind: 'apiKey', digest })).toBeUndefined()
        }
      }),
    )

    it('revokes one credential at once and for good, and touches no other', () =>
      withStore(async ({ store, find }) => {
        const [first, second] = [await store.issueApiKey(GRANT), await store.issueApiKey(GRANT)]
        const pair = await store.issueSharedSecret(GRANT)
        const others = await Promise.all([find(byKey(second.key)), find(byKeyId(pair.keyId))])
        const before = await find(byKey(first.key))
        expect(await store.revoke(first.credentialId)).toBe(true)
        expect(await find(byKey(first.key))).toEqual({ ...before, status: 'revoked' })
        expect(before?.status).toBe('active')
        expect(await Promise.all([find(byKey(second.key)), find(byKeyId(pair.keyId))])).toEqual(others)
        expect(await store.revoke(first.credentialId)).toBe(true)
        expect(await store.revoke(pair.credentialId)).toBe(true)
        expect(await find(byKeyId(pair.keyId))).toMatchObject({ status: 'revoked' })
      }))

    it('says where there is nothing to revoke', () =>
      withStore(async ({ store, find }) => {
        const { key, credentialId } = await store.issueApiKey(GRANT)
        for (const unknown of [
          '',
          'cred_unknown',
          '__proto__',
          credentialId.toUpperCase(),
          key,
          digestOf(key),
        ]) {
          expect(await store.revoke(unknown)).toBe(false)
        }
        expect(await find(byKey(key))).toMatchObject({ status: 'active' })
      }))

    it('keeps what was granted, whatever becomes of the lists it was handed', () =>
      withStore(async ({ store, find }) => {
        const scopes = ['a']
        const wallets = [ALICE]
        const { key } = await store.issueApiKey({ accountId: 'a', scopes, wallets })
        scopes.push('admin')
        wallets.push(BOB)
        const found = (await find(byKey(key))) as { scopes: string[] } & Credential
        expect(found).toMatchObject({ scopes: ['a'], wallets: [ALICE] })
        expect(() => found.scopes.push('admin')).toThrow(TypeError)
        expect(await find(byKey(key))).toMatchObject({ scopes: ['a'] })
      }))

    it.each<readonly [string, object]>([
      ['accountId', { accountId: '' }],
      ['accountId', { accountId: undefined }],
      ['wallets', { wallets: ['alice'] }],
      ['wallets', { wallets: ALICE }],
      ['scopes', { scopes: 'admin' }],
      ['scopes', { scopes: [''] }],
      ['role', { role: '' }],
      ['environment', { environment: 5 }],
      ['expiresAtMs', { expiresAtMs: Number.NaN }],
      ['expiresAtMs', { expiresAtMs: '2030' }],
      ['roles', { roles: ['admin'] }],
    ])('grants nothing where grant.%s is wrong: %j', (option, changes) =>
      withStore(async ({ store, find }) => {
        const grant = { ...GRANT, ...changes } as CredentialGrant
        const digest = digestOf('acto_elsewhere')
        for (const issue of [
          () => store.issueApiKey(grant),
          () => store.issueSharedSecret(grant),
          () => store.importApiKeyDigest(digest, grant),
        ]) {
          const error: GateError = await issue().then(
            () => Promise.reject(new Error('it was issued')),
            (reason) => reason,
          )
          expect(error).toMatchObject(REFUSED)
          expect(error.problems[0]).toMatch(new RegExp(`^grant\\.${option}`))
        }
        expect(await find({ kind: 'apiKey', digest })).toBeUndefined()
      }),
    )

    it('tells all that is wrong with a grant at once', () =>
      withStore(async ({ store }) => {
        const wrong = { accountId: '', wallets: 5, scopes: 5, role: 5, environment: 5, expiresAtMs: '', x: 1 }
        const error = await store.issueSharedSecret(wrong as never).catch((reason: GateError) => reason)
        expect(error).toMatchObject({ ...REFUSED, problems: expect.objectContaining({ length: 7 }) })
        await expect(store.issueApiKey({ ...GRANT, prefix: 'a_' })).rejects.toMatchObject(REFUSED)
      }))
  })

  claimContract(harness)
}

const REFUSED = { name: 'GateError', code: 'ERR_GATE_OPTIONS' }

const GRANT = {
  accountId: 'robots-inc',
  wallets: [ALICE, BOB],
  role: 'enterprise',
  scopes: ['proofs:read', 'proofs:write'],
  environment: 'production',
  expiresAtMs: 1_900_000_000_000,
}
