import { apiKey, createGate, type ManagedStore, type RotationOptions, sharedSecretJwt } from 'sallyport'
import { expect, it } from 'vitest'
import type { ManualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { digestOf } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { byKey, byKeyId, FULL_GRANT, GRANT, REFUSED, type WithStore } from './manager-kit.js'

const DAY_MS = 86_400_000
const MAX_OVERLAP_SECONDS = 2_592_000

export function rotatingTests(withStore: WithStore): void {
  it('an API key for the same credential, and finds both until the overlap is over', () =>
    withStore(async ({ store, find, clock }) => {
      const first = await store.issueApiKey({ ...FULL_GRANT, prefix: 'acto' })
      const before = await find(byKey(first.key))
      const second = await store.rotateApiKey(first.credentialId, { overlapSeconds: 60 })
      expect(second).toEqual({
        credentialId: first.credentialId,
        key: expect.stringMatching(/^acto_[A-Za-z0-9_-]{43}$/),
      })
      const key = second?.key ?? ''
      expect(key).not.toBe(first.key)
      expect(await find(byKey(key))).toEqual({ ...before, digest: digestOf(key) })
      expect(await find(byKey(first.key))).toEqual({ ...before, expiresAtMs: clock.wallMs() + 60_000 })
      expect(await store.describeCredential(first.credentialId)).toMatchObject({
        lastFour: key.slice(-4),
        rotatedAtMs: clock.wallMs(),
        olderUntilMs: clock.wallMs() + 60_000,
        name: FULL_GRANT.name,
        expiresAtMs: GRANT.expiresAtMs,
      })
    }))

  it('a shared secret for the same key_id, and finds both until the overlap is over', () =>
    withStore(async ({ store, find, clock }) => {
      const first = await store.issueSharedSecret(FULL_GRANT)
      const before = await find(byKeyId(first.keyId))
      const second = await store.rotateSharedSecret(first.credentialId, { overlapSeconds: 60 })
      expect(second).toEqual({
        credentialId: first.credentialId,
        keyId: first.keyId,
        sharedSecret: expect.stringMatching(/^sec_[A-Za-z0-9_-]{43}$/),
      })
      expect(second?.sharedSecret).not.toBe(first.sharedSecret)
      expect(await find(byKeyId(first.keyId))).toEqual({
        ...before,
        secrets: [second?.sharedSecret, first.sharedSecret],
        olderUntilMs: clock.wallMs() + 60_000,
      })
    }))

  it('so that a gate takes the old one until the stated time, by itself not later, and the new one on', () =>
    withStore(async ({ store, clock }) => {
      const { ofKey, ofSecret } = gateOver(store, clock)
      const grant = { accountId: 'a' }
      const [key, pair] = [await store.issueApiKey(grant), await store.issueSharedSecret(grant)]
      const newKey = await store.rotateApiKey(key.credentialId, { overlapSeconds: 60 })
      const newPair = await store.rotateSharedSecret(pair.credentialId, { overlapSeconds: 60 })
      const codes = async () => ({
        old: [await ofKey(key.key), await ofSecret(pair.keyId, pair.sharedSecret)],
        new: [await ofKey(newKey?.key), await ofSecret(pair.keyId, newPair?.sharedSecret)],
      })
      const allowed = ['allowed', 'allowed']
      expect(await codes()).toEqual({ old: allowed, new: allowed })
      clock.advance(59_999)
      expect(await codes()).toEqual({ old: allowed, new: allowed })
      clock.advance(1)
      const { old, new: newer } = await codes()
      expect(newer).toEqual(allowed)
      expect(old).not.toContain('allowed')
      clock.advance(DAY_MS)
      expect((await codes()).new).toEqual(allowed)
      expect((await codes()).old).not.toContain('allowed')
    }))

  it('with an overlap of a day unless it is told another, and without one where that is 0', () =>
    withStore(async ({ store, find, clock }) => {
      const key = await store.issueApiKey(GRANT)
      const pair = await store.issueSharedSecret(GRANT)
      await store.rotateApiKey(key.credentialId)
      await store.rotateSharedSecret(pair.credentialId)
      const dayOn = clock.wallMs() + DAY_MS
      expect(await find(byKey(key.key))).toMatchObject({ expiresAtMs: dayOn })
      expect(await find(byKeyId(pair.keyId))).toMatchObject({ olderUntilMs: dayOn })
      const alone = { overlapSeconds: 0 }
      const newKey = await store.rotateApiKey(key.credentialId, alone)
      const newPair = await store.rotateSharedSecret(pair.credentialId, alone)
      expect(await find(byKey(key.key))).toBeUndefined()
      expect(await find(byKey(newKey?.key ?? ''))).toMatchObject({ id: key.credentialId })
      const found = { secrets: [newPair?.sharedSecret], olderUntilMs: null }
      expect(await find(byKeyId(pair.keyId))).toMatchObject(found)
    }))

  it('twice, and the oldest ends at once', () =>
    withStore(async ({ store, find }) => {
      const first = await store.issueApiKey(GRANT)
      const second = await store.rotateApiKey(first.credentialId)
      const third = await store.rotateApiKey(first.credentialId)
      expect(await find(byKey(first.key))).toBeUndefined()
      for (const issued of [second, third]) {
        expect(await find(byKey(issued?.key ?? ''))).toMatchObject({ id: first.credentialId })
      }
      const pair = await store.issueSharedSecret(GRANT)
      const newer = await store.rotateSharedSecret(pair.credentialId)
      const newest = await store.rotateSharedSecret(pair.credentialId)
      const secrets = [newest?.sharedSecret, newer?.sharedSecret]
      expect(await find(byKeyId(pair.keyId))).toMatchObject({ secrets })
    }))

  it('no key beyond its own end', () =>
    withStore(async ({ store, find, clock }) => {
      const expiresAtMs = clock.wallMs() + 1_000
      const { key, credentialId } = await store.issueApiKey({ ...GRANT, expiresAtMs })
      const rotated = await store.rotateApiKey(credentialId, { overlapSeconds: 60 })
      for (const one of [key, rotated?.key ?? '']) {
        expect(await find(byKey(one))).toMatchObject({ expiresAtMs })
      }
    }))

  it('a key of elsewhere under its own prefix, or one that it is told', () =>
    withStore(async ({ store, find }) => {
      const known = await store.importApiKeyDigest(digestOf('known'), { ...GRANT, prefix: 'acto' })
      const unknown = await store.importApiKeyDigest(digestOf('unknown'), GRANT)
      const another = await store.importApiKeyDigest(digestOf('another'), GRANT)
      const keys = [
        await store.rotateApiKey(known.credentialId, { prefix: 'other' }),
        await store.rotateApiKey(unknown.credentialId),
        await store.rotateApiKey(another.credentialId, { prefix: 'auctra' }),
        await store.rotateApiKey(another.credentialId),
      ].map((issued) => issued?.key ?? '')
      expect(keys.map((key) => key.slice(0, -43))).toEqual(['acto_', 'sk_', 'auctra_', 'auctra_'])
      expect(await find({ kind: 'apiKey', digest: digestOf('known') })).toMatchObject({ status: 'active' })
      const shown = { prefix: 'auctra', lastFour: keys[3]?.slice(-4) }
      expect(await store.describeCredential(another.credentialId)).toMatchObject(shown)
    }))

  it('what is disabled without enabling it', () =>
    withStore(async ({ store, find }) => {
      const { credentialId } = await store.issueApiKey(GRANT)
      await store.disableCredential(credentialId)
      const rotated = await store.rotateApiKey(credentialId)
      expect(await find(byKey(rotated?.key ?? ''))).toMatchObject({ status: 'disabled' })
    }))

  it('nothing that is of the other kind, revoked or unknown', () =>
    withStore(async ({ store, find }) => {
      const key = await store.issueApiKey(GRANT)
      const pair = await store.issueSharedSecret(GRANT)
      const revoked = [await store.issueApiKey(GRANT), await store.issueSharedSecret(GRANT)]
      for (const { credentialId } of revoked) await store.revoke({ credential: credentialId })
      const before = [await find(byKey(key.key)), await find(byKeyId(pair.keyId))]
      for (const id of [pair.credentialId, ...revoked.map((one) => one.credentialId), 'cred_unknown', '']) {
        expect(await store.rotateApiKey(id)).toBeUndefined()
      }
      for (const id of [key.credentialId, ...revoked.map((one) => one.credentialId), 'cred_unknown', '']) {
        expect(await store.rotateSharedSecret(id)).toBeUndefined()
      }
      expect([await find(byKey(key.key)), await find(byKeyId(pair.keyId))]).toEqual(before)
    }))

  it('nothing where it is told something wrong', () =>
    withStore(async ({ store, find }) => {
      const key = await store.issueApiKey(GRANT)
      const pair = await store.issueSharedSecret(GRANT)
      const before = [await find(byKey(key.key)), await find(byKeyId(pair.keyId))]
      for (const wrong of WRONG_ROTATIONS as readonly RotationOptions[]) {
        for (const rotate of [
          () => store.rotateApiKey(key.credentialId, wrong),
          () => store.rotateSharedSecret(pair.credentialId, wrong),
        ]) {
          await expect(rotate(), JSON.stringify(wrong)).rejects.toMatchObject(REFUSED)
        }
        expect([await find(byKey(key.key)), await find(byKeyId(pair.keyId))]).toEqual(before)
      }
      const longest = { overlapSeconds: MAX_OVERLAP_SECONDS }
      expect(await store.rotateApiKey(key.credentialId, longest)).toBeDefined()
    }))

  it('as often as it is asked to at the same time, and every key counts or is followed by one that does', () =>
    withStore(async ({ store, find }) => {
      const { credentialId } = await store.issueApiKey(GRANT)
      const issued = await Promise.all([1, 2, 3, 4].map(() => store.rotateApiKey(credentialId)))
      expect(await store.readCredential(credentialId, OPTIONS)).toMatchObject({ version: 5 })
      const found = await Promise.all(issued.map((one) => find(byKey(one?.key ?? ''))))
      expect(found.filter((one) => one !== undefined)).toHaveLength(2)
    }))
}

const WRONG_ROTATIONS: readonly object[] = [
  { overlapSeconds: -1 },
  { overlapSeconds: 1.5 },
  { overlapSeconds: Number.NaN },
  { overlapSeconds: '60' },
  { overlapSeconds: MAX_OVERLAP_SECONDS + 1 },
  { prefix: 'a_' },
  { prefix: '' },
]

const OPTIONS = { signal: new AbortController().signal }

/** What a gate over the store says of an API key, and of a token by a shared secret that was signed just now. */
function gateOver(store: ManagedStore, clock: ManualClock) {
  const gate = createGate({
    store,
    clock,
    onDecision: () => undefined,
    methods: [apiKey(), sharedSecretJwt()],
  })
  const ofToken = (token: string) => codeOf(gate, requestWith([bearer(token)]))
  return {
    ofKey: (key = '') => ofToken(key),
    ofSecret(key_id: string, secret = '') {
      const iat = Math.floor(clock.wallMs() / 1000)
      return ofToken(mint({ key_id, iat, exp: iat + 60 }, secret))
    },
  }
}
