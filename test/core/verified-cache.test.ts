import { apiKey, type Credential, createGate } from 'sallyport'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { jwtKit } from './jwt-kit.js'
import {
  countChecks,
  EVERYWHERE,
  KINDS,
  type Kind,
  SOURCES,
  type VerifiedKit,
  verifiedKit,
} from './verified-cache-kit.js'

afterEach(() => vi.restoreAllMocks())

describe('a credential that was proven', () => {
  it.each(EVERYWHERE)('is decided at once, and not proven again: %s from %s', async (kind, source) => {
    const kit = verifiedKit(source)
    const { token } = await kit.issue(kind)
    await kit.warmUp(token)
    const checks = countChecks()
    const before = kit.reads()
    for (let asked = 0; asked < 3; asked++) expect(kit.atOnce(token)).toBe('allowed')
    expect(checks()).toBe(0)
    // A store that answers at once is asked for each request: what it has ended is over at once.
    const isAsked = source === 'a store at once' && (kind === 'apiKey' || kind === 'sharedSecretJwt')
    expect(kit.reads() - before).toBe(isAsked ? 3 : 0)
  })

  it.each(KINDS)('is proven by each gate for itself: %s', async (kind) => {
    const kit = verifiedKit()
    const { token } = await kit.issue(kind)
    await kit.warmUp(token)
    const checks = countChecks()
    expect(await kit.code(token, kit.makeGate())).toBe('allowed')
    expect(checks()).toBe(kind === 'apiKey' ? 0 : 1)
  })

  it.each(EVERYWHERE)('is proven for gates that are made from its own: %s from %s', async (kind, source) => {
    const kit = verifiedKit(source)
    const { token } = await kit.issue(kind)
    await kit.warmUp(token)
    expect(kit.atOnce(token, kit.gate.with({ methods: [kind] }))).toBe('allowed')
    expect(kit.atOnce(token, kit.gate.with({ scopes: ['all'] }))).toBe('scope_insufficient')
    expect(kit.atOnce(token, kit.gate.with({ policy: () => false }))).toBe('policy_denied')
    expect(kit.atOnce(token, kit.gate.with({ wallet: 'required' }))).toBe(
      kind === 'walletSession' ? 'allowed' : 'wallet_required',
    )
  })

  it.each(KINDS)('is ambiguous all the same where another stands beside it: %s', async (kind) => {
    const kit = verifiedKit()
    const { token } = await kit.issue(kind)
    await kit.warmUp(token)
    for (const value of [
      `${token}, Bearer ${token}`,
      `${token} ${token}`,
      `${token},`,
      `${token}, Basic YTpi`,
    ]) {
      expect(kit.atOnce(value)).toBe('request_ambiguous')
    }
    expect(await codeOf(kit.gate, requestWith([bearer(token), bearer(token)]))).toBe('request_ambiguous')
    expect(kit.atOnce(token)).toBe('allowed')
  })
})

describe('what ends by itself', () => {
  const ENDS: readonly (readonly [Kind, number])[] = [
    ['apiKey', 600_000],
    ['sharedSecretJwt', 630_000],
    ['walletSession', 605_000],
    ['jwks', 630_000],
  ]
  const expiring = (kit: VerifiedKit, kind: Kind) =>
    kind === 'apiKey'
      ? kit.inner
          .issueApiKey({ accountId: 'robots', expiresAtMs: kit.clock.wallMs() + 600_000 })
          .then(({ key }) => key)
      : kit.issue(kind).then(({ token }) => token)

  it.each(ENDS.flatMap(([kind, endsMs]) => SOURCES.map((source) => [kind, source, endsMs] as const)))(
    'is over at the very second, though it was proven a moment before: %s from %s',
    async (kind, source, endsMs) => {
      const kit = verifiedKit(source)
      const token = await expiring(kit, kind)
      kit.clock.advance(endsMs - 1)
      await kit.warmUp(token)
      expect(kit.atOnce(token)).toBe('allowed')
      kit.clock.stepWall(1)
      expect(await kit.code(token)).toBe('credential_expired')
      kit.clock.stepWall(-1)
      expect(await kit.code(token)).toBe('allowed')
    },
  )

  it.each([
    ['sharedSecretJwt', 'iat', 30],
    ['sharedSecretJwt', 'nbf', 30],
    ['walletSession', 'iat', 5],
    ['walletSession', 'nbf', 5],
    ['jwks', 'iat', 30],
    ['jwks', 'nbf', 30],
  ] as const)(
    'has not begun on a clock that was stepped back: %s, by its %s',
    async (kind, claim, tolerance) => {
      const kit = verifiedKit()
      const { token } = await kit.issue(kind, { [claim]: kit.now + tolerance })
      await kit.warmUp(token)
      expect(kit.atOnce(token)).toBe('allowed')
      kit.clock.stepWall(-1)
      expect(await kit.code(token)).toBe('credential_not_yet_valid')
      kit.clock.stepWall(1)
      expect(await kit.code(token)).toBe('allowed')
    },
  )

  it.each(SOURCES)('is a secret that was replaced, for its tokens and no others: from %s', async (source) => {
    const kit = verifiedKit(source)
    const { keyId, sharedSecret, credentialId } = await kit.inner.issueSharedSecret({ accountId: 'robots' })
    const rotated = await kit.inner.rotateSharedSecret(credentialId, { overlapSeconds: 60 })
    const claims = { key_id: keyId, ...kit.times }
    const [older, newer] = [mint(claims, sharedSecret), mint(claims, rotated?.sharedSecret ?? '')]
    kit.clock.advance(59_999)
    for (const token of [older, newer]) await kit.warmUp(token)
    expect([kit.atOnce(older), kit.atOnce(newer)]).toEqual(['allowed', 'allowed'])
    kit.clock.stepWall(1)
    expect([await kit.code(older), await kit.code(newer)]).toEqual(['credential_invalid', 'allowed'])
    const checks = countChecks()
    expect([kit.atOnce(newer), checks()]).toEqual(['allowed', 0])
  })

  it('is a key that was replaced, and not the one in its place', async () => {
    const kit = verifiedKit('a store that is waited for')
    const { token, credentialId } = await kit.issue('apiKey')
    const { key = '' } = (await kit.inner.rotateApiKey(credentialId, { overlapSeconds: 60 })) ?? {}
    kit.clock.advance(59_999)
    for (const each of [token, key]) await kit.warmUp(each)
    kit.clock.stepWall(1)
    expect([await kit.code(token), await kit.code(key)]).toEqual(['credential_expired', 'allowed'])
  })
})

describe('what must not be remembered', () => {
  it('is a token that counts once, however it is presented again', async () => {
    const kit = jwtKit({ replay: 'jti' })
    const token = mint({ ...kit.claims, jti: 'once' }, SECRET)
    expect(await kit.code(token)).toBe('allowed')
    const codes = await Promise.all([kit.code(token), kit.code(token), kit.code(token)])
    expect(new Set([...codes, await kit.code(token)])).toEqual(new Set(['credential_replayed']))
  })

  it.each<[Kind, string]>([
    ['apiKey', 'credential_invalid'],
    ['sharedSecretJwt', 'credential_invalid'],
  ])('is a refusal: %s', async (kind, code) => {
    const kit = verifiedKit()
    const { token, credentialId } = await kit.issue(kind)
    await kit.inner.disableCredential(credentialId)
    expect([await kit.code(token), await kit.code(token)]).toEqual([code, code])
    await kit.inner.enableCredential(credentialId)
    expect(await kit.code(token)).toBe('allowed')
  })

  it('is a token that is early, once it is not', async () => {
    const kit = jwtKit()
    const token = mint({ ...kit.claims, nbf: kit.now + 31 }, SECRET)
    expect(await kit.code(token)).toBe('credential_not_yet_valid')
    kit.clock.advance(1_000)
    expect(await kit.code(token)).toBe('allowed')
  })

  it.each(EVERYWHERE)(
    'is anything that cannot be told to stand, where the bound is 0: %s from %s',
    async (kind, source) => {
      const kit = verifiedKit(source, { revocationBoundMs: 0 })
      const { token } = await kit.issue(kind)
      await kit.warmUp(token)
      const checks = countChecks()
      const before = kit.reads()
      for (let asked = 0; asked < 3; asked++) expect(await kit.code(token)).toBe('allowed')
      if (kind === 'apiKey' || kind === 'sharedSecretJwt') expect(kit.reads() - before).toBe(3)
      if (kind === 'jwks') expect(checks()).toBe(3)
    },
  )
})

it('what is proven is kept up to a bound, and what was not used for longest goes first', async () => {
  const records: readonly Credential[] = [sharedSecretRecord()]
  const kit = jwtKit({}, { store: tableStore(...records), credentialCache: { maxEntries: 2 } })
  const [a, b, c] = ['a', 'b', 'c'].map((jti) => mint({ ...kit.claims, jti }, SECRET)) as [
    string,
    string,
    string,
  ]
  for (const token of [a, b, a, c]) expect(await kit.code(token)).toBe('allowed')
  const checks = countChecks()
  for (const token of [a, c]) expect(await kit.code(token)).toBe('allowed')
  expect(checks()).toBe(0)
  expect(await kit.code(b)).toBe('allowed')
  expect(checks()).toBe(1)
})

describe('a record of a host that answers at once', () => {
  const kitOf = (find: () => unknown) => {
    const store = tableStore()
    store.fault = find
    const gate = createGate({ store, clock: manualClock(), methods: [apiKey()], onDecision: () => undefined })
    return { code: () => codeOf(gate, requestWith([bearer(API_KEY)])), store }
  }
  type Row = { -readonly [Name in keyof Credential]: Credential[Name] }

  it.each<[what: string, change: (row: Row) => void]>([
    ['its status', (row) => Object.assign(row, { status: 'revoked' })],
    ['its environment', (row) => Object.assign(row, { environment: 'sandbox' })],
    ['its expiry', (row) => Object.assign(row, { expiresAtMs: 1 })],
  ])('is believed as it is now, where it was changed in place: %s', async (_what, change) => {
    const row: Row = { ...apiKeyRecord({ wallets: [] }) }
    const live = new Proxy(row, {})
    for (const record of [row, live]) {
      const { code } = kitOf(() => record)
      expect([await code(), await code()]).toEqual(['allowed', 'allowed'])
    }
    const [plain, proxied] = [kitOf(() => row), kitOf(() => live)]
    for (const { code } of [plain, proxied]) expect(await code()).toBe('allowed')
    change(row)
    for (const { code } of [plain, proxied]) expect(await code()).not.toBe('allowed')
  })

  it('is believed as it is now, where only its lists can be changed', async () => {
    const scopes = ['all']
    const row = Object.freeze(apiKeyRecord({ wallets: [], scopes }))
    const gate = createGate({ store: tableStore(row), clock: manualClock(), methods: [apiKey()] })
    const guard = gate.with({ scopes: ['all'] })
    const code = () => codeOf(guard, requestWith([bearer(API_KEY)]))
    expect([await code(), await code()]).toEqual(['allowed', 'allowed'])
    scopes.pop()
    expect(await code()).toBe('scope_insufficient')
  })

  it('is believed as it is now, where it answers sometimes at once and sometimes later', async () => {
    const row = Object.freeze(apiKeyRecord({ wallets: [], scopes: [] }))
    let answer: unknown = row
    const { code } = kitOf(() => answer)
    expect([await code(), await code()]).toEqual(['allowed', 'allowed'])
    answer = Promise.resolve({ ...row, status: 'revoked' })
    expect(await code()).toBe('credential_invalid')
  })
})
