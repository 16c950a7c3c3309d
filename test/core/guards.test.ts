import { apiKey, createGate, toGateRequest } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { accessOf, codeOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'

const request = () => requestWith([bearer(API_KEY), walletHeader(ALICE)])
const ACTO = { mint: MINT, minimum: '1', symbol: 'ACTO' } as const

describe('several guards on one request', () => {
  it('verify the credential once and read a balance once', async () => {
    const store = tableStore(apiKeyRecord())
    const balances = tableBalances()
    balances.set(ALICE, MINT, 10n ** 9n)
    const gate = createGate({ store, methods: [apiKey()], balances, balanceCache: false })
    const holders = gate.with({ balance: ACTO })
    const one = request()
    for (const each of [gate, holders, holders.with({ scopes: [] }), gate.with({ balance: ACTO })]) {
      expect(await codeOf(each, one)).toBe('allowed')
    }
    expect(store.lookups).toHaveLength(1)
    expect(balances.reads).toBe(1)
    expect(await codeOf(gate, request())).toBe('allowed')
    expect(store.lookups).toHaveLength(2)
  })

  it('look anew where the credential was changed between them', async () => {
    const headers = ['Authorization', `Bearer ${API_KEY}`, 'X-Wallet-Address', ALICE]
    const message = { rawHeaders: headers, headers: {} }
    const gate = createGate({ store: tableStore(apiKeyRecord()), methods: [apiKey()] })
    const ask = () => codeOf(gate, toGateRequest(message, '/', {}))
    expect(await ask()).toBe('allowed')
    headers[1] = `Bearer sk_${'z'.repeat(43)}`
    expect(await ask()).toBe('credential_invalid')
    headers[1] = `Bearer ${API_KEY}`
    headers[3] = MINT
    expect(await ask()).toBe('wallet_mismatch')
  })

  it('of gates that are made apart share nothing', async () => {
    const store = tableStore(apiKeyRecord())
    const one = request()
    await codeOf(createGate({ store, methods: [apiKey()] }), one)
    const other = createGate({ store: tableStore(), methods: [apiKey()] })
    expect(await codeOf(other, one)).toBe('credential_invalid')
  })
})

describe('a gate for whoever comes', () => {
  const gate = createGate({ store: tableStore(apiKeyRecord()), methods: [apiKey()] })

  it('lets in a request without any credential as nobody', async () => {
    const access = await accessOf(gate.optional, requestWith([walletHeader(ALICE)]))
    expect(access).toMatchObject({ wallet: null, balance: null })
    expect(access.principal).toEqual({
      kind: 'anonymous',
      accountId: '',
      credentialId: '',
      role: null,
      scopes: [],
      wallets: [],
    })
  })

  it.each([
    ['an empty header', [['Authorization', '']], 'credential_missing'],
    ['another scheme', [['Authorization', 'Basic YTpi']], 'credential_missing'],
    ['a wrong key', [bearer(`sk_${'z'.repeat(43)}`)], 'credential_invalid'],
    ['two headers', [bearer(API_KEY), bearer(API_KEY)], 'request_ambiguous'],
    ['a key without its wallet', [bearer(API_KEY)], 'wallet_missing'],
    ['two wallets', [walletHeader(ALICE), walletHeader(ALICE)], 'request_ambiguous'],
  ] as const)('decides as always on %s', async (_what, headers, code) => {
    expect(await codeOf(gate.optional, requestWith(headers))).toBe(code)
  })

  it('still asks its policies about nobody', async () => {
    const strict = gate.with({ policy: ({ access }) => access.principal.kind !== 'anonymous' })
    expect(await codeOf(strict.optional, requestWith())).toBe('policy_denied')
    expect(await codeOf(strict.optional, request())).toBe('allowed')
  })
})
