import { apiKey, createGate, type GateOptions, sharedSecretJwt } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, BOB } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { codeOf, refusalOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord, KEY_ID, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { mint, respell } from '../support/tokens.js'
import { jwtKit } from './jwt-kit.js'
import { KINDS, verifiedKit } from './verified-cache-kit.js'

describe('a token that is like one that was proven', () => {
  const flipCase = (char: string) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase())
  const swapped = (char: string) => (char === 'A' ? 'B' : 'A')
  const changedAt = (token: string, at: number, change: (char: string) => string) =>
    `${token.slice(0, at)}${change(token[at] ?? '')}${token.slice(at + 1)}`
  const lastLetter = (token: string) => token.search(/[A-Za-z][^A-Za-z]*$/)

  it.each<[what: string, change: (token: string) => string]>([
    ['another last character', (token) => changedAt(token, token.length - 1, swapped)],
    ['another character in its middle', (token) => changedAt(token, token.length >> 1, swapped)],
    ['a letter in another case', (token) => changedAt(token, lastLetter(token), flipCase)],
    ['one character more', (token) => `${token}A`],
    ['one character less', (token) => token.slice(0, -1)],
    ['padding', (token) => `${token}=`],
    ['a dot behind it', (token) => `${token}.`],
  ])('is none where it has %s', async (_what, change) => {
    const kit = verifiedKit()
    for (const kind of KINDS) {
      const { token } = await kit.issue(kind)
      await kit.warmUp(token)
      expect([kind, await kit.code(change(token))]).toEqual([kind, 'credential_invalid'])
      expect(kit.atOnce(token)).toBe('allowed')
    }
  })

  it.each(['sharedSecretJwt', 'walletSession'] as const)('is none in a second spelling: %s', async (kind) => {
    const kit = verifiedKit()
    const { token } = await kit.issue(kind)
    await kit.warmUp(token)
    const [header, payload, signature = ''] = token.split('.')
    expect(await kit.code(`${header}.${payload}.${respell(signature)}`)).toBe('credential_invalid')
    expect(await kit.code(token.replace('.', '=.'))).toBe('credential_invalid')
  })

  it('has the principal of its own credential, whoever was proven before', async () => {
    const records = [1, 2, 3].map((at) =>
      sharedSecretRecord({ id: `cred_${at}`, keyId: `key_${at}`, accountId: `account ${at}` }),
    )
    const kit = jwtKit({}, { store: tableStore(...records) })
    const tokens = records.map(({ keyId }) => mint({ ...kit.claims, key_id: keyId }, SECRET))
    for (const at of [0, 1, 2, 0, 2, 1, 1, 0]) {
      const decision = await kit.gate(kit.request(tokens[at] ?? ''))
      expect(decision).toMatchObject({ access: { principal: { accountId: `account ${at + 1}` } } })
    }
  })

  it('is not proven by the half of another: parts of two tokens make none', async () => {
    const kit = jwtKit()
    const tokens = ['a', 'b'].map((jti) => mint({ ...kit.claims, jti }, SECRET).split('.'))
    for (const parts of tokens) expect(await kit.code(parts.join('.'))).toBe('allowed')
    const [[header, payload] = [], [, , signature] = []] = tokens
    expect(await kit.code(`${header}.${payload}.${signature}`)).toBe('credential_invalid')
  })
})

describe('two gates over the same store, with the same methods', () => {
  const clock = manualClock()
  const record = { environment: 'production', wallets: [ALICE] } as const
  const store = tableStore(apiKeyRecord(record), sharedSecretRecord(record))
  const methods = [apiKey(), sharedSecretJwt()]
  const now = clock.wallMs() / 1_000
  const token = mint({ key_id: KEY_ID, iat: now, exp: now + 600 }, SECRET)
  const gateWith = (changes: Partial<GateOptions<string>>) =>
    createGate({ store, clock, methods, environment: 'production', ...changes } as GateOptions)
  const ask = (credential: string) => requestWith([bearer(credential), walletHeader(ALICE)])

  it.each<[what: string, changes: Partial<GateOptions<string>>, codes: readonly [string, string]]>([
    ['another environment', { environment: 'sandbox' }, ['credential_invalid', 'credential_invalid']],
    ['no method for keys', { methods: [sharedSecretJwt()] }, ['credential_invalid', 'allowed']],
    ['no method for tokens', { methods: [apiKey()] }, ['allowed', 'credential_invalid']],
    [
      'another prefix',
      { methods: [apiKey({ prefix: 'acto' })] },
      ['credential_invalid', 'credential_invalid'],
    ],
    [
      'a shorter lifetime',
      { methods: [apiKey(), sharedSecretJwt({ maxLifetimeSeconds: 599 })] },
      ['allowed', 'credential_lifetime'],
    ],
    [
      'another claim for the key_id',
      { methods: [apiKey(), sharedSecretJwt({ keyIdClaim: 'kid' })] },
      ['allowed', 'credential_invalid'],
    ],
    ['an empty store', { store: tableStore() }, ['credential_invalid', 'credential_invalid']],
    ['a policy', { policies: [() => false] }, ['policy_denied', 'policy_denied']],
    ['another wallet header', { wallet: { header: 'x-owner' } }, ['wallet_missing', 'allowed']],
  ])('are asked apart: %s', async (_what, changes, codes) => {
    const [one, other] = [gateWith({}), gateWith(changes)]
    for (let round = 0; round < 2; round++) {
      for (const [at, credential] of [API_KEY, token].entries()) {
        expect(await codeOf(one, ask(credential))).toBe('allowed')
        expect(await codeOf(other, ask(credential))).toBe(codes[at])
      }
    }
  })

  it('tag with the field of each, and name the realm of each', async () => {
    const [one, other] = [gateWith({}), gateWith({ wallet: { field: 'tenant' }, realm: 'other' })]
    for (const gate of [one, other, one]) {
      const decision = await gate(ask(API_KEY))
      const filter = gate === one ? { ownerWallet: ALICE } : { tenant: ALICE }
      expect(decision).toMatchObject({ access: { wallet: { filter } } })
      const refusal = await refusalOf(gate, requestWith([bearer(`${API_KEY}x`)]))
      expect(refusal.realm).toBe(gate === one ? 'api' : 'other')
    }
  })

  it('ask for the wallet header each in its own way', async () => {
    const [strict, lax] = [gateWith({}), gateWith({ methods: [apiKey({ walletHeader: 'optional' })] })]
    for (const gate of [strict, lax, strict, lax]) {
      expect(await codeOf(gate, requestWith([bearer(API_KEY)]))).toBe(
        gate === lax ? 'allowed' : 'wallet_missing',
      )
      expect(await codeOf(gate, requestWith([bearer(API_KEY), walletHeader(BOB)]))).toBe('wallet_mismatch')
    }
  })
})
