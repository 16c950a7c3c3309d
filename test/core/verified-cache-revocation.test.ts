import { apiKey, createGate, jwks, type Store, sharedSecretJwt, toGateRequest } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { accessOf, codeOf } from '../support/decisions.js'
import { throwing } from '../support/failures.js'
import { API_KEY, apiKeyRecord, KEY_ID, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { settled } from './change-feed-kit.js'
import { AUDIENCE, CLAIMS, ec, ISSUER, server } from './jwks-kit.js'
import { BOUND_MS, countChecks, STORED, type VerifiedKit, verifiedKit } from './verified-cache-kit.js'

afterEach(() => vi.restoreAllMocks())

type Ending = readonly [how: string, end: (kit: VerifiedKit, credentialId: string) => unknown]

const ENDINGS: readonly Ending[] = [
  ['revoked', ({ inner }, credential) => inner.revoke({ credential })],
  ['revoked by its account', ({ inner }) => inner.revoke({ account: 'robots' })],
  ['revoked with all others', ({ inner }) => inner.revoke({ all: true })],
  ['disabled', ({ inner }, id) => inner.disableCredential(id)],
  [
    'rotated',
    async ({ inner }, id) => {
      const options = { overlapSeconds: 0 }
      return (await inner.rotateApiKey(id, options)) ?? inner.rotateSharedSecret(id, options)
    },
  ],
]
const EACH = STORED.flatMap((kind) => ENDINGS.map(([how, end]) => [kind, how, end] as const))

const SESSION_ENDINGS: readonly Ending[] = [
  ['ended', (kit, id) => kit.endSession(id)],
  ['ended with its wallet', ({ inner }) => inner.revoke({ wallet: ALICE })],
  ['ended with its account', ({ inner }) => inner.revoke({ account: `wallet:${ALICE}` })],
  ['ended with all others', ({ inner }) => inner.revoke({ all: true })],
]

describe('what was proven, of a store that answers at once', () => {
  it.each(EACH)('is over at once: a %s that is %s', async (kind, _how, end) => {
    const kit = verifiedKit()
    const { token, credentialId } = await kit.issue(kind)
    await kit.warmUp(token)
    await end(kit, credentialId)
    expect(await kit.code(token)).toBe('credential_invalid')
  })

  it.each(SESSION_ENDINGS)('is over within the bound: a session that is %s', async (_how, end) => {
    const kit = verifiedKit()
    const { token, credentialId } = await kit.issue('walletSession')
    await kit.warmUp(token)
    await end(kit, credentialId)
    kit.clock.advance(BOUND_MS)
    expect(kit.atOnce(token)).not.toBe('allowed')
    expect(await kit.code(token)).toBe('credential_invalid')
  })

  it.each(STORED)('is no answer while the store has none: %s', async (kind) => {
    const record = kind === 'apiKey' ? apiKeyRecord({ wallets: [] }) : sharedSecretRecord()
    const store = tableStore(record)
    const clock = manualClock()
    const gate = createGate({
      store,
      clock,
      methods: [apiKey(), sharedSecretJwt()],
      onDecision: () => undefined,
    })
    const now = clock.wallMs() / 1_000
    const token = kind === 'apiKey' ? API_KEY : mint({ key_id: KEY_ID, iat: now, exp: now + 60 }, SECRET)
    const code = () => codeOf(gate, requestWith([bearer(token)]))
    expect([await code(), await code()]).toEqual(['allowed', 'allowed'])
    store.fault = throwing()
    expect(await code()).toBe('dependency_unavailable')
    store.fault = () => Promise.reject(new Error('down'))
    expect(await code()).toBe('dependency_unavailable')
    store.fault = () => undefined
    expect(await code()).toBe('credential_invalid')
    store.fault = () => ({ ...record, status: 'revoked' })
    expect(await code()).toBe('credential_invalid')
    store.fault = undefined
    expect(await code()).toBe('allowed')
  })
})

describe('what was proven, of a store that is waited for', () => {
  it.each(EACH)('is over when the bound is, to the millisecond: a %s that is %s', async (kind, _how, end) => {
    const kit = verifiedKit('a store that is waited for')
    const { token, credentialId } = await kit.issue(kind)
    await kit.warmUp(token)
    await end(kit, credentialId)
    kit.clock.advance(BOUND_MS)
    expect(kit.atOnce(token)).not.toBe('allowed')
    expect(await kit.code(token)).toBe('credential_invalid')
  })

  it.each(EACH)('is over as soon as its change is heard: a %s that is %s', async (kind, _how, end) => {
    const kit = verifiedKit('a store that is waited for')
    const { token, credentialId } = await kit.issue(kind)
    await kit.warmUp(token)
    await end(kit, credentialId)
    kit.clock.advance(500)
    // The poll is started, and nobody waits for it.
    expect(kit.atOnce(token)).toBe('allowed')
    await settled()
    expect(await kit.code(token)).toBe('credential_invalid')
  })

  it.each(SESSION_ENDINGS)('is over when the bound is: a session that is %s', async (_how, end) => {
    const kit = verifiedKit('a store that is waited for')
    const { token, credentialId } = await kit.issue('walletSession')
    await kit.warmUp(token)
    await end(kit, credentialId)
    kit.clock.advance(BOUND_MS)
    expect(kit.atOnce(token)).not.toBe('allowed')
    expect(await kit.code(token)).toBe('credential_invalid')
  })

  it.each(['apiKey', 'sharedSecretJwt', 'walletSession'] as const)(
    'is over at once on the gate that has ended it: %s',
    async (kind) => {
      const kit = verifiedKit('a store that is waited for')
      const { token } = await kit.issue(kind)
      await kit.warmUp(token)
      kit.hold('changesSince')
      void kit.gate.revoke({ all: true })
      await settled()
      expect(await kit.code(token)).toBe('credential_invalid')
      kit.release('changesSince')
    },
  )

  it.each(['apiKey', 'sharedSecretJwt', 'walletSession'] as const)(
    'is an outage from the bound on where the store is gone: %s',
    async (kind) => {
      const kit = verifiedKit('a store that is waited for')
      const { token } = await kit.issue(kind)
      await kit.warmUp(token)
      kit.fault('changesSince', throwing())
      kit.clock.advance(BOUND_MS - 1)
      expect(kit.atOnce(token)).toBe('allowed')
      await settled()
      kit.clock.advance(1)
      expect(await kit.code(token)).toBe('dependency_unavailable')
    },
  )

  it('is proven anew where it was being proven while its end was heard', async () => {
    const kit = verifiedKit('a store that is waited for')
    const { token, credentialId } = await kit.issue('sharedSecretJwt')
    const { token: other } = await kit.issue('apiKey')
    for (const each of [token, other]) await kit.warmUp(each)
    kit.clock.advance(BOUND_MS)
    const verify = crypto.subtle.verify.bind(crypto.subtle)
    vi.spyOn(crypto.subtle, 'verify').mockImplementationOnce(async (...given: Parameters<typeof verify>) => {
      await kit.inner.revoke({ credential: credentialId })
      await kit.gate.revoke({ credential: credentialId })
      return verify(...given)
    })
    // It is judged by what was known when it came, and nobody who comes later is.
    expect(await kit.code(token)).toBe('allowed')
    expect(await kit.code(token)).toBe('credential_invalid')
  })

  // Reported: the change is heard within `holds`, after the record was found among the kept.
  it('is over when the bound is, where changes are told of at once and records are not', async () => {
    const clock = manualClock()
    const inner = memoryStore({ clock })
    const store: Store = { ...inner, findCredential: async (...asked) => inner.findCredential(...asked) }
    const gate = createGate({ store, clock, methods: [apiKey()], usage: false, onDecision: () => undefined })
    const { key, credentialId } = await inner.issueApiKey({ accountId: 'robots' })
    const code = () => codeOf(gate, requestWith([bearer(key)]))
    for (let asked = 0; asked < 3; asked++) expect(await code()).toBe('allowed')
    await inner.revoke({ credential: credentialId })
    clock.advance(50_000)
    expect(await code()).toBe('credential_invalid')
  })

  // Reported: the version is noted when the proof is done, not when the record was asked for.
  it('is not shared with the guards that come after its end was heard', async () => {
    const kit = verifiedKit('a store that is waited for')
    const [{ token, credentialId }, { token: other }] = [await kit.issue('apiKey'), await kit.issue('apiKey')]
    await kit.warmUp(other)
    const request = kit.requestOf(token)
    kit.hold('findCredential')
    const first = codeOf(kit.gate, request)
    await settled()
    await kit.inner.revoke({ credential: credentialId })
    kit.clock.advance(BOUND_MS)
    expect(await kit.code(other)).toBe('allowed')
    kit.release('findCredential')
    expect([await first, await kit.code(token)]).toEqual(['allowed', 'credential_invalid'])
    kit.clock.advance(BOUND_MS - 1)
    expect(await codeOf(kit.gate, request)).toBe('credential_invalid')
  })
})

describe('what was proven, of a finder alone', () => {
  it.each(EACH)('is over when the bound is, to the millisecond: a %s that is %s', async (kind, _how, end) => {
    const kit = verifiedKit('a finder alone')
    const { token, credentialId } = await kit.issue(kind)
    await kit.warmUp(token)
    await end(kit, credentialId)
    kit.clock.advance(BOUND_MS - 1)
    expect(kit.atOnce(token)).toBe('allowed')
    kit.clock.advance(1)
    expect(await kit.code(token)).toBe('credential_invalid')
  })

  it('is not made to last by being asked for all the time', async () => {
    const kit = verifiedKit('a finder alone')
    const { token, credentialId } = await kit.issue('sharedSecretJwt')
    await kit.warmUp(token)
    await kit.inner.revoke({ credential: credentialId })
    for (let ms = 0; ms < BOUND_MS; ms += 100) {
      expect(await kit.code(token)).toBe('allowed')
      kit.clock.advance(100)
    }
    expect(await kit.code(token)).toBe('credential_invalid')
  })
})

describe('what an identity provider says', () => {
  it.each([1_000, 60_000])('is asked for anew when the bound is over: %i ms', async (revocationBoundMs) => {
    const kit = verifiedKit('a store at once', { revocationBoundMs })
    const { token } = await kit.issue('jwks')
    await kit.warmUp(token)
    const checks = countChecks()
    for (let ms = 0; ms < revocationBoundMs; ms += 250) {
      expect(kit.atOnce(token)).toBe('allowed')
      kit.clock.advance(250)
    }
    expect([kit.atOnce(token), checks()]).toEqual(['to be waited for', 0])
  })

  it('is read by the host anew when the bound is over', async () => {
    let scopes = ['all']
    const method = jwks({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri: server.uri,
      principal: () => ({ scopes }),
    })
    const clock = manualClock()
    const gate = createGate({ store: tableStore(), clock, methods: [method], onDecision: () => undefined })
    const request = async () => requestWith([bearer(await ec.sign(CLAIMS))])
    const one = await request()
    const again = () => toGateRequest({ rawHeaders: one.rawHeaders, headers: {} }, '/', {})
    const scopesNow = async () => (await accessOf(gate, again())).principal.scopes
    expect(await scopesNow()).toEqual(['all'])
    scopes = []
    clock.advance(BOUND_MS - 1)
    expect(await scopesNow()).toEqual(['all'])
    clock.advance(1)
    expect(await scopesNow()).toEqual([])
  })
})
