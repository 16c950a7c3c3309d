import type { ApiKeyGrant, Credential, GateError } from 'sallyport'
import { expect, it } from 'vitest'
import { ALICE, BOB } from '../support/addresses.js'
import { digestOf } from '../support/records.js'
import { byKey, byKeyId, FULL_GRANT, GRANT, REFUSED, type WithStore } from './manager-kit.js'

const OPTIONS = { signal: new AbortController().signal }

export function issuingTests(withStore: WithStore): void {
  it('an API key that is found by its digest and with all that was granted', () =>
    withStore(async ({ store, find }) => {
      const { key, credentialId } = await store.issueApiKey({ ...FULL_GRANT, prefix: 'acto' })
      expect(key).toMatch(/^acto_[A-Za-z0-9_-]{43}$/)
      expect(await find(byKey(key))).toEqual({
        ...GRANT,
        kind: 'apiKey',
        id: credentialId,
        digest: digestOf(key),
        status: 'active',
      })
    }))

  it('a shared secret that is found by its key_id and with all that was granted', () =>
    withStore(async ({ store, find }) => {
      const { keyId, sharedSecret, credentialId } = await store.issueSharedSecret(FULL_GRANT)
      expect(keyId).toMatch(/^api_key_[A-Za-z0-9_-]{24}$/)
      expect(sharedSecret).toMatch(/^sec_[A-Za-z0-9_-]{43}$/)
      expect(await find(byKeyId(keyId))).toEqual({
        ...GRANT,
        kind: 'sharedSecret',
        id: credentialId,
        keyId,
        secrets: [sharedSecret],
        olderUntilMs: null,
        status: 'active',
      })
    }))

  it('nothing that was not asked for', () =>
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

  it('no API key to the store: only its digest', () =>
    withStore(async ({ store, find }) => {
      const { key, credentialId } = await store.issueApiKey(GRANT)
      const entry = await store.readCredential(credentialId, OPTIONS)
      for (const kept of [await find(byKey(key)), entry]) {
        expect(kept).toMatchObject({ digest: digestOf(key) })
        expect(JSON.stringify(kept)).not.toContain(key.slice(3))
      }
      expect(entry).toMatchObject({ version: 1, prefix: 'sk', lastFour: key.slice(-4), older: null })
    }))

  it('every credential anew', () =>
    withStore(async ({ store }) => {
      const made = await Promise.all(Array.from({ length: 20 }, () => store.issueSharedSecret(GRANT)))
      for (const member of ['credentialId', 'keyId', 'sharedSecret'] as const) {
        expect(new Set(made.map((issued) => issued[member])).size).toBe(20)
      }
      const keys = await Promise.all(Array.from({ length: 20 }, () => store.issueApiKey(GRANT)))
      for (const member of ['credentialId', 'key'] as const) {
        expect(new Set(keys.map((issued) => issued[member])).size).toBe(20)
      }
    }))

  it('what is found by nothing else, byte for byte', () =>
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

  it('an API key of elsewhere by its digest, once', () =>
    withStore(async ({ store, find }) => {
      const digest = digestOf('acto_made-elsewhere')
      const { credentialId } = await store.importApiKeyDigest(digest, FULL_GRANT)
      const imported = await find({ kind: 'apiKey', digest })
      expect(imported).toEqual({ ...GRANT, kind: 'apiKey', id: credentialId, digest, status: 'active' })
      await expect(store.importApiKeyDigest(digest, { accountId: 'thief' })).rejects.toMatchObject(REFUSED)
      expect(await find({ kind: 'apiKey', digest })).toEqual(imported)
      expect(await store.revoke({ credential: credentialId })).toBe(true)
      await expect(store.importApiKeyDigest(digest, GRANT)).rejects.toMatchObject(REFUSED)
      expect(await find({ kind: 'apiKey', digest })).toMatchObject({ status: 'revoked' })
    }))

  it('an API key of elsewhere with what may be shown of it, and nothing where nothing is known', () =>
    withStore(async ({ store }) => {
      const shown = { prefix: 'acto', lastFour: 'Wx_9' }
      const known = await store.importApiKeyDigest(digestOf('known'), { ...GRANT, ...shown })
      const unknown = await store.importApiKeyDigest(digestOf('unknown'), GRANT)
      expect(await store.describeCredential(known.credentialId)).toMatchObject(shown)
      const nothing = { prefix: null, lastFour: null }
      expect(await store.describeCredential(unknown.credentialId)).toMatchObject(nothing)
      for (const wrong of [{ prefix: 'a_' }, { prefix: '' }, { lastFour: 'abc' }, { lastFour: 'abcd5' }]) {
        const refused = store.importApiKeyDigest(digestOf('refused'), { ...GRANT, ...wrong })
        await expect(refused).rejects.toMatchObject(REFUSED)
      }
      expect((await store.describeCredentials()).credentials).toHaveLength(2)
    }))

  it('nothing by what is no digest', () =>
    withStore(async ({ store, find }) => {
      const digest = digestOf('a')
      const wrong = ['', 'x', digest.toUpperCase(), digest.slice(1), `${digest}0`, 'acto_a-whole-key', 5]
      for (const wrongDigest of wrong as string[]) {
        await expect(store.importApiKeyDigest(wrongDigest, GRANT)).rejects.toMatchObject(REFUSED)
      }
      for (const text of wrong.filter((one) => typeof one === 'string')) {
        expect(await find({ kind: 'apiKey', digest: text })).toBeUndefined()
      }
      expect((await store.describeCredentials({ revoked: true })).credentials).toEqual([])
    }))

  it('what was granted, whatever becomes of the lists it was handed', () =>
    withStore(async ({ store, find }) => {
      const scopes = ['a']
      const wallets = [ALICE]
      const { key } = await store.issueApiKey({ accountId: 'a', scopes, wallets })
      const pair = await store.issueSharedSecret({ accountId: 'a', scopes, wallets })
      scopes.push('admin')
      wallets.push(BOB)
      for (const lookup of [byKey(key), byKeyId(pair.keyId)]) {
        const found = (await find(lookup)) as { scopes: string[]; wallets: string[] } & Credential
        expect(found).toMatchObject({ scopes: ['a'], wallets: [ALICE] })
        expect(() => found.scopes.push('admin')).toThrow(TypeError)
        expect(() => found.wallets.push(BOB)).toThrow(TypeError)
        expect(await find(lookup)).toMatchObject({ scopes: ['a'], wallets: [ALICE] })
      }
      const found = (await find(byKeyId(pair.keyId))) as unknown as { secrets: string[] }
      expect(() => found.secrets.push('sec_another')).toThrow(TypeError)
    }))

  it('nothing where a member of the grant is wrong', () =>
    withStore(async ({ store }) => {
      for (const [option, changes] of WRONG_GRANTS) {
        const grant = { ...GRANT, ...changes } as ApiKeyGrant
        for (const issue of [
          () => store.issueApiKey(grant),
          () => store.issueSharedSecret(grant),
          () => store.importApiKeyDigest(digestOf('acto_elsewhere'), grant),
        ]) {
          const error: GateError = await issue().then(
            () => Promise.reject(new Error(`issued with ${JSON.stringify(changes)}`)),
            (reason) => reason,
          )
          expect(error).toMatchObject(REFUSED)
          expect(error.problems[0]).toMatch(new RegExp(`^grant\\.${option}`))
        }
      }
      expect((await store.describeCredentials({ revoked: true })).credentials).toEqual([])
    }))

  it('tells all that is wrong with a grant at once', () =>
    withStore(async ({ store }) => {
      const wrong = { accountId: '', wallets: 5, scopes: 5, role: 5, environment: 5, expiresAtMs: '', x: 1 }
      const wrongShown = { name: 5, createdBy: 5 }
      for (const [grant, length] of [
        [wrong, 7],
        [{ ...wrong, ...wrongShown }, 9],
      ] as const) {
        const error = await store.issueSharedSecret(grant as never).catch((reason: GateError) => reason)
        expect(error).toMatchObject({ ...REFUSED, problems: expect.objectContaining({ length }) })
      }
      await expect(store.issueApiKey({ ...GRANT, prefix: 'a_' })).rejects.toMatchObject(REFUSED)
    }))
}

const WRONG_GRANTS: readonly (readonly [option: string, changes: object])[] = [
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
  ['name', { name: '' }],
  ['name', { name: ' padded' }],
  ['name', { name: 'x'.repeat(101) }],
  ['name', { name: 'a\u202eb' }],
  ['createdBy', { createdBy: '' }],
  ['roles', { roles: ['admin'] }],
]
