import { apiKey, createGate, type GateOptions } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { ALICE, BOB } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { accessOf, codeOf, refusalOf, wireOf } from '../support/decisions.js'
import { never, throwing } from '../support/failures.js'
import { API_KEY, apiKeyRecord, digestOf, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'

function keyKit(prefix = 'sk', options: Partial<GateOptions> = {}) {
  const clock = manualClock()
  const store = memoryStore({ clock })
  const onDecision = () => undefined
  const gate = createGate({ store, clock, onDecision, methods: [apiKey({ prefix })], ...options })
  const request = (key: string) => requestWith([bearer(key)])
  const code = (key: string) => codeOf(gate, request(key))
  return { clock, store, gate, request, code }
}

describe('an API key', () => {
  it('is its prefix and 43 characters, made anew each time', async () => {
    const { store } = keyKit()
    const keys = await Promise.all(Array.from({ length: 20 }, () => store.issueApiKey({ accountId: 'a' })))
    for (const { key } of keys) expect(key).toMatch(/^sk_[A-Za-z0-9_-]{43}$/)
    expect(new Set(keys.map(({ key }) => key)).size).toBe(20)
    expect(new Set(keys.map(({ credentialId }) => credentialId)).size).toBe(20)
  })

  it('makes the principal of its record', async () => {
    const { store, gate } = keyKit('acto')
    const { key, credentialId } = await store.issueApiKey({
      prefix: 'acto',
      accountId: 'robots-inc',
      wallets: [ALICE, BOB],
      scopes: ['proofs:read'],
      role: 'enterprise',
    })
    const { principal, wallet, balance } = await accessOf(gate, requestWith([bearer(key), walletHeader(BOB)]))
    expect(principal).toEqual({
      kind: 'apiKey',
      accountId: 'robots-inc',
      credentialId,
      role: 'enterprise',
      scopes: ['proofs:read'],
      wallets: [ALICE, BOB],
    })
    expect(wallet?.address).toBe(BOB)
    expect(balance).toBeNull()
  })

  it.each(['acto', 'sk_live', 'a', 'A_b_c_9', 'x'.repeat(32)])('may have the prefix %s', async (prefix) => {
    const { store, code } = keyKit(prefix)
    const { key } = await store.issueApiKey({ prefix, accountId: 'a' })
    expect(key.startsWith(`${prefix}_`)).toBe(true)
    expect(await code(key)).toBe('allowed')
  })

  it('of another prefix does not exist, and is not looked for', async () => {
    const other = `acto_${'k'.repeat(43)}`
    const longer = `sk_live_${'k'.repeat(43)}`
    const rows = [other, longer].map((key, at) =>
      apiKeyRecord({ id: `cred_${at}`, digest: digestOf(key), wallets: [] }),
    )
    const store = tableStore(...rows)
    const gate = createGate({ store, methods: [apiKey()] })
    for (const key of [other, longer])
      expect(await codeOf(gate, requestWith([bearer(key)]))).toBe('credential_invalid')
    expect(store.lookups).toEqual([])
  })

  it('is taken by the method of its prefix where a gate has several', async () => {
    const store = memoryStore()
    const gate = createGate({ store, methods: [apiKey({ prefix: 'sk' }), apiKey({ prefix: 'sk_live' })] })
    for (const prefix of ['sk', 'sk_live']) {
      const { key } = await store.issueApiKey({ prefix, accountId: prefix })
      expect((await accessOf(gate, requestWith([bearer(key)]))).principal.accountId).toBe(prefix)
    }
  })

  const body = 'k'.repeat(43)
  it.each([
    ['42 characters', `sk_${body.slice(1)}`],
    ['44 characters', `sk_${body}k`],
    ['another case of its prefix', `SK_${body}`],
    ['no underscore', `sk${body}k`],
    ['a hyphen for its underscore', `sk-${body}`],
    ['no prefix', body],
    ['a plus', `sk_${body.slice(1)}+`],
    ['a slash', `sk_/${body.slice(1)}`],
    ['a tilde', `sk_${body.slice(1)}~`],
    ['padding', `sk_${body.slice(1)}=`],
    ['padding behind it', `sk_${body}=`],
    ['a letter of another alphabet', `sk_${body.slice(1)}к`],
    ['a no-break space behind it', `sk_${body}\u00a0`],
    ['a newline behind it', `sk_${body}\n`],
    ['a NUL in it', `sk_${body.slice(1)}\0`],
  ])('with %s is invalid without a look in the store', async (_flaw, key) => {
    const store = tableStore(apiKeyRecord({ digest: digestOf(key) }))
    const gate = createGate({ store, methods: [apiKey()] })
    const refusal = await refusalOf(gate, requestWith([bearer(key)]))
    expect(wireOf(refusal)).toMatchObject({
      status: 401,
      body: { code: 'credential_invalid', detail: 'Invalid API key' },
    })
    expect(store.lookups).toEqual([])
  })

  it('is asked for by its digest and by nothing else', async () => {
    const store = tableStore(apiKeyRecord({ wallets: [] }))
    expect(await codeOf(createGate({ store, methods: [apiKey()] }), requestWith([bearer(API_KEY)]))).toBe(
      'allowed',
    )
    expect(store.lookups).toEqual([{ kind: 'apiKey', digest: digestOf(API_KEY) }])
  })

  it('that is unknown, revoked, disabled or of another environment is one and the same answer', async () => {
    const store = tableStore()
    const gate = createGate({ store, methods: [apiKey()], environment: 'production' })
    const answers = new Set<string>()
    for (const changes of [
      undefined,
      { status: 'revoked' },
      { status: 'disabled' },
      { environment: 'sandbox' },
    ] as const) {
      if (changes !== undefined) store.put(apiKeyRecord(changes))
      const { status, headers, body } = wireOf(await refusalOf(gate, requestWith([bearer(API_KEY)])))
      answers.add(JSON.stringify({ status, headers, ...body, decision_id: '' }))
    }
    expect(answers.size).toBe(1)
    expect([...answers][0]).toContain('"detail":"Invalid API key"')
  })

  it('expires at its very millisecond, and says so', async () => {
    const { clock, store, code, gate, request } = keyKit()
    const { key } = await store.issueApiKey({ accountId: 'a', expiresAtMs: clock.wallMs() + 1_000 })
    clock.advance(999)
    expect(await code(key)).toBe('allowed')
    clock.advance(1)
    expect(wireOf(await refusalOf(gate, request(key)))).toMatchObject({
      status: 401,
      body: { code: 'credential_expired', detail: 'API key expired' },
    })
  })

  it('holds in its own environment and nowhere else', async () => {
    const { store, code } = keyKit('sk', { environment: 'production' })
    const { key } = await store.issueApiKey({ accountId: 'a', environment: 'production' })
    const { key: anywhere } = await store.issueApiKey({ accountId: 'a' })
    const { key: sandbox } = await store.issueApiKey({ accountId: 'a', environment: 'sandbox' })
    expect([await code(key), await code(anywhere), await code(sandbox)]).toEqual([
      'allowed',
      'allowed',
      'credential_invalid',
    ])
  })

  it('made elsewhere is taken over by its digest', async () => {
    const { store, code } = keyKit('acto')
    const key = `acto_${'9'.repeat(43)}`
    expect(await code(key)).toBe('credential_invalid')
    const { credentialId } = await store.importApiKeyDigest(digestOf(key), { accountId: 'a' })
    expect(await code(key)).toBe('allowed')
    await store.revoke({ credential: credentialId })
    expect(await code(key)).toBe('credential_invalid')
  })

  it('opens nothing by its digest, which is what a thief of the store has', async () => {
    const { store, code } = keyKit()
    const { key } = await store.issueApiKey({ accountId: 'a' })
    expect(await code(digestOf(key))).toBe('credential_invalid')
    expect(await code(`sk_${digestOf(key).slice(0, 43)}`)).toBe('credential_invalid')
  })
})

describe('a row that cannot be the answer to an API key', () => {
  const fine = apiKeyRecord()
  it.each<readonly [string, unknown]>([
    ['a text', 'row'],
    ['a shared secret', { ...fine, kind: 'sharedSecret', keyId: 'x', secrets: ['x'.repeat(40)] }],
    ['another digest', { ...fine, digest: digestOf('another') }],
    ['its digest in upper case', { ...fine, digest: fine.digest.toUpperCase() }],
    ['no digest', { ...fine, digest: undefined }],
    ['no account', { ...fine, accountId: undefined }],
    ['a status of its own', { ...fine, status: 'ACTIVE' }],
    ['wallets with a blank', { ...fine, wallets: [''] }],
    ['wallets with the address of nobody', { ...fine, wallets: [`${ALICE}1`] }],
  ])('is an outage: %s', async (_what, row) => {
    const store = tableStore()
    const gate = createGate({ store, methods: [apiKey()], onDecision: () => undefined })
    const request = () => requestWith([bearer(API_KEY), walletHeader(ALICE)])
    store.fault = () => row
    expect(await refusalOf(gate, request())).toMatchObject({
      code: 'dependency_unavailable',
      dependency: 'store',
    })
    store.fault = () => fine
    expect(await codeOf(gate, request())).toBe('allowed')
  })

  it('is never taken from a store that hangs or fails', async () => {
    const store = tableStore(fine)
    const gate = createGate({ store, methods: [apiKey()], portTimeoutMs: 20, onDecision: () => undefined })
    const code = () => codeOf(gate, requestWith([bearer(API_KEY), walletHeader(ALICE)]))
    for (const fault of [never, () => Promise.reject(new Error('down')), throwing()]) {
      store.fault = fault
      expect(await code()).toBe('dependency_unavailable')
    }
    store.fault = undefined
    expect(await code()).toBe('allowed')
  })
})
