import {
  type ApiKeyCredential,
  apiKey,
  createGate,
  type GateOptions,
  sharedSecretJwt,
  toGateRequest,
} from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { ALICE, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'
import { accessOf, codeOf, refusalOf, wireOf, wireText } from '../support/decisions.js'
import { thenable, throwing } from '../support/failures.js'
import { API_KEY, apiKeyRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { warningsDuring } from '../support/warnings.js'

const request = () => requestWith([bearer(API_KEY), walletHeader(ALICE)])
const ACTO = { mint: MINT, minimum: '1', symbol: 'ACTO' } as const

describe('a decision', () => {
  it('is made at once for an API key whose store answers at once', async () => {
    const store = memoryStore()
    const gate = createGate({ store })
    const { key } = await store.issueApiKey({ accountId: 'a', wallets: [ALICE] })
    const decisions = [
      gate(requestWith([bearer(key), walletHeader(ALICE)])),
      gate(requestWith([bearer(key)])),
      gate(requestWith([bearer(`${key}x`)])),
      gate(requestWith()),
      gate.with({ role: 'processor' })(requestWith([bearer(key), walletHeader(ALICE)])),
    ]
    expect(decisions.map((decision) => 'type' in decision && decision.type)).toEqual([
      'allow',
      ...['refuse', 'refuse', 'refuse', 'refuse'],
    ])
  })

  it('is made at once with a balance that is cached, and waits for one that is not', async () => {
    const balances = tableBalances()
    balances.set(ALICE, MINT, 10n ** 9n)
    const gate = createGate({ store: tableStore(apiKeyRecord()), methods: [apiKey()], balances }).with({
      balance: ACTO,
    })
    const first = gate(request())
    expect(first).toBeInstanceOf(Promise)
    expect(await first).toMatchObject({ type: 'allow' })
    expect(gate(request())).toMatchObject({ type: 'allow', access: { balance: { freshness: 'cached' } } })
    expect(balances.reads).toBe(1)
  })

  it('has a name of its own, the same in the answer and in the access', async () => {
    const gate = createGate({ store: tableStore(apiKeyRecord()), methods: [apiKey()] })
    const ids = new Set<string>()
    for (let count = 0; count < 20; count++) {
      const decision = await gate(request())
      expect(decision).toMatchObject({ type: 'allow', access: { decisionId: decision.decisionId } })
      ids.add(decision.decisionId)
    }
    expect(ids.size).toBe(20)
    const refusal = await refusalOf(gate, requestWith())
    expect(wireOf(refusal).body.decision_id).toBe(refusal.decisionId)
  })

  it('carries what nobody can change', async () => {
    const gate = createGate({ store: tableStore(apiKeyRecord({ scopes: ['a'] })), methods: [apiKey()] })
    const access = await accessOf(gate, request())
    const { principal, wallet } = access
    for (const part of [access, principal, principal.scopes, principal.wallets, wallet, wallet?.filter]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('rests on a copy of the record: what a host does to its row later changes no access', async () => {
    const scopes = ['a']
    const row = { ...apiKeyRecord({ scopes }) }
    const gate = createGate({ store: tableStore(row), methods: [apiKey()] })
    const { principal } = await accessOf(gate, request())
    scopes.push('admin')
    Object.assign(row, { accountId: 'another' })
    expect(principal).toMatchObject({ accountId: 'robots-inc', scopes: ['a'] })
  })

  it('notices a row that is changed in place, as it would another row', async () => {
    const row: { -readonly [Key in keyof ApiKeyCredential]: ApiKeyCredential[Key] } = { ...apiKeyRecord() }
    const gate = createGate({ store: tableStore(row), methods: [apiKey()], onDecision: () => undefined })
    const first = await accessOf(gate, request())
    expect((await accessOf(gate, request())).principal).toBe(first.principal)
    row.scopes = ['a']
    expect((await accessOf(gate, request())).principal.scopes).toEqual(['a'])
    row.expiresAtMs = 1
    expect(await codeOf(gate, request())).toBe('credential_expired')
    row.status = 'revoked'
    expect(await codeOf(gate, request())).toBe('credential_invalid')
    Object.assign(row, { status: 'active', expiresAtMs: null, wallets: [''] })
    expect(await codeOf(gate, request())).toBe('dependency_unavailable')
    row.wallets = [ALICE]
    row.digest = 'f'.repeat(64)
    expect(await codeOf(gate, request())).toBe('dependency_unavailable')
  })
})

describe('a gate, whatever breaks', () => {
  const broken = throwing(new Error('broken'))
  const hostile = { ...manualClock() }
  const cases: readonly (readonly [what: string, options: Partial<GateOptions>])[] = [
    ['a store that throws', { store: { ...memoryStore(), findCredential: broken, claim: broken } }],
    [
      'a findCredential that throws nothing',
      {
        findCredential: throwing(undefined),
      },
    ],
    [
      'a findCredential that throws null',
      {
        findCredential: throwing(null),
      },
    ],
    ['a findCredential that rejects with nothing', { findCredential: () => Promise.reject() }],
    ['a clock that throws', { clock: { wallMs: broken, monotonicMs: broken } }],
    ['a wall clock that throws', { clock: { ...hostile, wallMs: broken } }],
    ['a monotonic clock that throws', { clock: { ...hostile, monotonicMs: broken } }],
  ]

  it.each(cases)('refuses with 503 and neither throws nor rejects: %s', async (_what, options) => {
    const { findCredential } = options
    const store = findCredential === undefined ? { store: tableStore(apiKeyRecord()) } : {}
    for (const onDecision of [undefined, () => undefined]) {
      const hook = onDecision && { onDecision }
      const gate = createGate({ ...store, methods: [apiKey()], ...hook, ...options })
      await warningsDuring(async () => {
        expect(wireOf(await refusalOf(gate, request()))).toMatchObject({
          status: 503,
          headers: { 'Retry-After': '2' },
          body: { code: 'dependency_unavailable', retryable: true },
        })
      })
    }
  })

  it.each([
    ['throws', broken],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['answers a promise that throws', () => thenable(throwing())],
  ])('decides as ever where its hook %s', async (_how, onDecision) => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const gate = createGate({ store: tableStore(apiKeyRecord()), methods: [apiKey()], onDecision })
    expect(await codeOf(gate, request())).toBe('allowed')
    expect(await codeOf(gate, requestWith())).toBe('credential_missing')
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })

  it('refuses a request whose framework throws when it is asked for the address', async () => {
    const native = {
      get ip(): string {
        throw new Error('trust proxy')
      },
    }
    const rawHeaders = ['Authorization', `Bearer ${API_KEY}`, 'X-Wallet-Address', ALICE]
    const gate = createGate({
      store: tableStore(apiKeyRecord()),
      methods: [apiKey()],
      onDecision: () => undefined,
    })
    const ask = () => toGateRequest({ rawHeaders, headers: {} }, '/', native)
    expect(await codeOf(gate, ask())).toBe('allowed')
    expect(await codeOf(gate.with({ policy: () => true }), ask())).toBe('allowed')
    const local = gate.with({ policy: ({ request }) => request.ip === '127.0.0.1' })
    expect(await codeOf(local, ask())).toBe('policy_unavailable')
    const limits = {
      kinds: ['failures' as const],
      onOutage: 'allow' as const,
      take: () => ({ allowed: true, retryAfterMs: 0 }),
    }
    const limited = createGate({ store: tableStore(), limits, onDecision: () => undefined })
    expect(await codeOf(limited, ask())).toBe('dependency_unavailable')
  })

  it('renders nothing of the cause', async () => {
    const secret = 'postgres://gate:hunter2@db.internal/keys'
    const gate = createGate({
      methods: [apiKey(), sharedSecretJwt()],
      onDecision: () => undefined,
      findCredential: () => Promise.reject(new Error(secret, { cause: new Error('hunter3') })),
    })
    const text = wireText(await refusalOf(gate, request()))
    expect(text).not.toMatch(/hunter|postgres|db\.internal/)
    expect(text).toContain('The request could not be decided. Try again shortly.')
  })
})
