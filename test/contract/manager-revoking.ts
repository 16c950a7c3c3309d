import type { RevocationTarget } from 'sallyport'
import { expect, it } from 'vitest'
import { ALICE, BOB, CAROL } from '../support/addresses.js'
import { digestOf } from '../support/records.js'
import { byKey, byKeyId, GRANT, REFUSED, type WithStore } from './manager-kit.js'

export function revokingTests(withStore: WithStore): void {
  it('one credential at once and for good, and touches no other', () =>
    withStore(async ({ store, find, clock }) => {
      const [first, second] = [await store.issueApiKey(GRANT), await store.issueApiKey(GRANT)]
      const pair = await store.issueSharedSecret(GRANT)
      const others = await Promise.all([find(byKey(second.key)), find(byKeyId(pair.keyId))])
      const before = await find(byKey(first.key))
      clock.advance(5)
      expect(await store.revoke({ credential: first.credentialId })).toBe(true)
      expect(await find(byKey(first.key))).toEqual({ ...before, status: 'revoked' })
      expect(before?.status).toBe('active')
      expect(await Promise.all([find(byKey(second.key)), find(byKeyId(pair.keyId))])).toEqual(others)
      const revokedAtMs = clock.wallMs()
      clock.advance(5)
      expect(await store.revoke({ credential: first.credentialId })).toBe(true)
      const tombstone = { status: 'revoked', revokedAtMs }
      expect(await store.describeCredential(first.credentialId)).toMatchObject(tombstone)
      expect(await store.revoke({ credential: pair.credentialId })).toBe(true)
      expect(await find(byKeyId(pair.keyId))).toMatchObject({ status: 'revoked' })
    }))

  it('says where there is nothing to revoke', () =>
    withStore(async ({ store, find }) => {
      const { key, credentialId } = await store.issueApiKey(GRANT)
      for (const unknown of [
        'cred_unknown',
        '__proto__',
        credentialId.toUpperCase(),
        `${credentialId}\0`,
        '%',
        key,
        digestOf(key),
        GRANT.accountId,
        ALICE,
      ]) {
        expect(await store.revoke({ credential: unknown })).toBe(false)
      }
      expect(await find(byKey(key))).toMatchObject({ status: 'active' })
    }))

  it('what belongs to an account, is bound to a wallet, or all', () =>
    withStore(async ({ store, clock }) => {
      const issue = async (accountId: string, wallets: readonly string[]) => {
        clock.advance(1)
        return (await store.issueApiKey({ accountId, wallets })).credentialId
      }
      const ids = {
        first: await issue('a', [ALICE]),
        second: await issue('a', []),
        third: await issue('ab', [BOB, CAROL]),
        fourth: await issue('b', [CAROL]),
        fifth: await issue('b', [BOB]),
      }
      const active = async () => (await store.describeCredentials()).credentials.map(({ id }) => id)
      expect(await store.revoke({ account: 'a' })).toBe(true)
      expect(await active()).toEqual([ids.third, ids.fourth, ids.fifth])
      expect(await store.revoke({ wallet: CAROL })).toBe(true)
      expect(await active()).toEqual([ids.fifth])
      expect(await store.revoke({ account: 'nobody' })).toBe(true)
      expect(await active()).toEqual([ids.fifth])
      expect(await store.revoke({ all: true })).toBe(true)
      expect(await active()).toEqual([])
      const { credentials } = await store.describeCredentials({ revoked: true })
      expect(credentials.map(({ id }) => id)).toEqual(Object.values(ids))
    }))

  it('nothing where it is not told exactly what', () =>
    withStore(async ({ store, find }) => {
      const { key } = await store.issueApiKey(GRANT)
      for (const target of WRONG_TARGETS as readonly RevocationTarget[]) {
        await expect(store.revoke(target), JSON.stringify(target)).rejects.toMatchObject(REFUSED)
        expect(await find(byKey(key))).toMatchObject({ status: 'active' })
      }
    }))

  it('disables and enables without ending', () =>
    withStore(async ({ store, find }) => {
      const { key, credentialId } = await store.issueApiKey(GRANT)
      const pair = await store.issueSharedSecret(GRANT)
      const before = await find(byKey(key))
      expect(await store.disableCredential(credentialId)).toBe(true)
      expect(await find(byKey(key))).toEqual({ ...before, status: 'disabled' })
      expect(await find(byKeyId(pair.keyId))).toMatchObject({ status: 'active' })
      expect(await store.disableCredential(credentialId)).toBe(true)
      expect(await find(byKey(key))).toEqual({ ...before, status: 'disabled' })
      expect(await store.enableCredential(credentialId)).toBe(true)
      expect(await find(byKey(key))).toEqual(before)
      expect(await store.disableCredential(pair.credentialId)).toBe(true)
      expect(await find(byKeyId(pair.keyId))).toMatchObject({ status: 'disabled' })
      expect(await store.revoke({ credential: credentialId })).toBe(true)
      for (const change of [store.enableCredential, store.disableCredential]) {
        expect(await change(credentialId)).toBe(false)
        expect(await change('cred_unknown')).toBe(false)
        expect(await change('')).toBe(false)
      }
      expect(await find(byKey(key))).toEqual({ ...before, status: 'revoked' })
    }))

  it('for good, whatever else is done to a credential at the same time', () =>
    withStore(async ({ store, find }) => {
      for (const kind of ['apiKey', 'sharedSecret'] as const) {
        for (let round = 0; round < 6; round++) {
          const issued =
            kind === 'apiKey' ? await store.issueApiKey(GRANT) : await store.issueSharedSecret(GRANT)
          const id = issued.credentialId
          const [rotated, revoked] = await Promise.all([
            kind === 'apiKey' ? store.rotateApiKey(id) : store.rotateSharedSecret(id),
            store.revoke({ credential: id }),
            store.renameCredential(id, 'renamed'),
            store.enableCredential(id),
          ])
          expect(revoked).toBe(true)
          expect(await store.describeCredential(id)).toMatchObject({ status: 'revoked' })
          const keys = [issued, ...(rotated === undefined ? [] : [rotated])]
          for (const made of keys) {
            const lookup = 'key' in made ? byKey(made.key) : byKeyId(made.keyId)
            expect(await find(lookup)).toMatchObject({ id, status: 'revoked' })
          }
          const again = kind === 'apiKey' ? store.rotateApiKey(id) : store.rotateSharedSecret(id)
          expect(await again).toBeUndefined()
        }
      }
    }))
}

const WRONG_TARGETS: readonly unknown[] = [
  undefined,
  null,
  'cred_1',
  {},
  { credential: '' },
  { credential: undefined },
  { credential: 5 },
  { account: '' },
  { wallet: null },
  { all: false },
  { all: 'true' },
  { all: true, account: 'a' },
  { credential: 'a', account: 'b' },
  { session: 'a' },
  [],
]
