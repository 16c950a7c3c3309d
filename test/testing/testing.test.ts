import bs58 from 'bs58'
import fc from 'fast-check'
import { apiKey, GateError, sharedSecretJwt, walletSession } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { createTestGate, faultyStore, manualClock, mintToken, testWallet } from 'sallyport/testing'
import { describe, expect, it } from 'vitest'
import { encodeBase58 } from '../../src/base58.js'
import { MINT } from '../support/addresses.js'
import { requestWith } from '../support/requests.js'

type Gate = ReturnType<typeof createTestGate>['gate']

async function codeOf(gate: Gate, headers: Readonly<Record<string, string>>): Promise<string> {
  const decision = await gate(requestWith(Object.entries(headers)))
  return decision.type === 'allow' ? 'allowed' : decision.code
}

describe('a test gate', () => {
  it('lets in whom it makes headers for', async () => {
    const { gate, keyHeaders, tokenHeaders, sessionHeaders } = createTestGate()
    const { address } = testWallet()
    expect(await codeOf(gate, await keyHeaders({ accountId: 'a' }))).toBe('allowed')
    expect(await codeOf(gate, await keyHeaders({ accountId: 'a', wallets: [address] }))).toBe('allowed')
    expect(await codeOf(gate, await tokenHeaders({ accountId: 'acme', role: 'enterprise' }))).toBe('allowed')
    expect(await codeOf(gate, await sessionHeaders(address))).toBe('allowed')
    expect(await codeOf(gate, {})).toBe('credential_missing')
  })

  it('goes by a clock that moves when it is told to', async () => {
    const { gate, clock, tokenHeaders } = createTestGate()
    const headers = await tokenHeaders({ accountId: 'acme' })
    clock.advance(329_000)
    expect(await codeOf(gate, headers)).toBe('allowed')
    clock.advance(2_000)
    expect(await codeOf(gate, headers)).toBe('credential_expired')
  })

  it('reads the chain from a table, and from a chain that is down', async () => {
    const { gate, balances, sessionHeaders } = createTestGate({ balanceCache: false })
    const { address } = testWallet()
    const members = gate.with({ balance: { mint: MINT, minimum: '50000', symbol: 'ACTO' } })
    const headers = await sessionHeaders(address)
    const ask = async () => {
      const decision = await members(requestWith(Object.entries(headers)))
      return decision.type === 'allow' ? 'allowed' : decision.code
    }
    expect(await ask()).toBe('balance_insufficient')
    balances.set(address, MINT, 50_000n * 10n ** 9n)
    expect(await ask()).toBe('allowed')
    balances.fault = () => Promise.reject(new Error('the chain is down'))
    expect(await ask()).toBe('dependency_unavailable')
  })

  it.each(['reject', 'hang'] as const)('has a store that fails when it is told to: %s', async (manner) => {
    const { gate, faults, keyHeaders } = createTestGate({ portTimeoutMs: 20 })
    const headers = await keyHeaders({ accountId: 'a' })
    faults.manner = manner
    faults.failing = ['findCredential']
    expect(await codeOf(gate, headers)).toBe('dependency_unavailable')
    faults.failing = ['claim']
    expect(await codeOf(gate, headers)).toBe('allowed')
    faults.failing = 'all'
    expect(await codeOf(gate, headers)).toBe('dependency_unavailable')
    faults.failing = undefined
    expect(await codeOf(gate, headers)).toBe('allowed')
  })

  it('makes headers for the methods that it was given, and says where one is missing', async () => {
    const origin = 'https://shop.example'
    const secrets = ['the-secret-that-sessions-are-signed-with']
    const kit = createTestGate({ methods: [apiKey({ prefix: 'acto' }), walletSession({ origin, secrets })] })
    const { address } = testWallet()
    const headers = await kit.keyHeaders({ accountId: 'a' })
    expect(headers.authorization).toMatch(/^Bearer acto_/)
    expect(await codeOf(kit.gate, headers)).toBe('allowed')
    expect(await codeOf(kit.gate, await kit.sessionHeaders(address))).toBe('allowed')
    await expect(kit.tokenHeaders({ accountId: 'a' })).rejects.toThrow(/tokenHeaders needs .*sharedSecretJwt/)
    const tokens = createTestGate({ methods: [sharedSecretJwt()] })
    await expect(tokens.keyHeaders({ accountId: 'a' })).rejects.toThrow(/keyHeaders needs .*apiKey/)
    await expect(tokens.sessionHeaders(address)).rejects.toThrow(/sessionHeaders needs .*walletSession/)
  })

  it('lets a wallet in again whose sessions were ended', async () => {
    const { gate, sessionHeaders } = createTestGate()
    const { address } = testWallet()
    const before = await sessionHeaders(address)
    await gate.revoke({ wallet: address })
    expect(await codeOf(gate, before)).toBe('credential_invalid')
    expect(await codeOf(gate, await sessionHeaders(address))).toBe('allowed')
  })

  it('takes options of createGate, and refuses what is none', () => {
    expect(() => createTestGate({ environment: 'production' })).not.toThrow()
    expect(() => createTestGate({ enviroment: 'production' } as object)).toThrow(GateError)
  })
})

describe('what a test makes', () => {
  it('is a token with the claims it asks for', async () => {
    const store = memoryStore()
    const token = await mintToken(await store.issueSharedSecret({ accountId: 'a' }), {
      nowMs: manualClock().wallMs(),
      lifetimeSeconds: 60,
      claims: { jti: 'one' },
    })
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect(payload).toMatchObject({ jti: 'one', iat: 1_767_225_600, exp: 1_767_225_660 })
  })

  it('is an address as every Solana library writes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(encodeBase58(bytes)).toBe(bs58.encode(bytes))
      }),
    )
  })

  it('is a store that works as the one under it until it is told to fail', async () => {
    const inner = memoryStore()
    const { store, faults } = faultyStore(inner)
    const { credentialId } = await store.issueApiKey({ accountId: 'a' })
    expect(await inner.describeCredential(credentialId)).toMatchObject({ accountId: 'a' })
    faults.failing = ['close']
    await expect(store.close()).rejects.toThrow(/down \(close\)/)
    expect(await store.describeCredential(credentialId)).toMatchObject({ accountId: 'a' })
  })
})
