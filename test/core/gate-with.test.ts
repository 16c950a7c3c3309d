import { apiKey, createGate, GateError, type Requirements, sharedSecretJwt, walletSession } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE, MINT, OTHER_MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'
import { accessOf, codeOf, refusalOf, wireOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord, KEY_ID, SECRET, sharedSecretRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { mint } from '../support/tokens.js'

const WHOLE = 10n ** 9n
const ACTO = { mint: MINT, minimum: '50000', symbol: 'ACTO' } as const

function gateKit() {
  const clock = manualClock()
  const store = tableStore(
    apiKeyRecord({ scopes: ['proofs:read', 'proofs:write'] }),
    sharedSecretRecord({ role: 'processor', wallets: [ALICE] }),
  )
  const balances = tableBalances()
  balances.set(ALICE, MINT, 60_000n * WHOLE)
  balances.set(ALICE, OTHER_MINT, 5n * WHOLE)
  const gate = createGate({ store, clock, balances, methods: [apiKey(), sharedSecretJwt()] })
  const iat = clock.wallMs() / 1000
  const token = mint({ key_id: KEY_ID, iat, exp: iat + 60 }, SECRET)
  const byKey = () => requestWith([bearer(API_KEY), walletHeader(ALICE)])
  const byToken = () => requestWith([bearer(token)])
  return { gate, balances, byKey, byToken }
}

/** The problems that a call names, each by its option. */
function problemsOf(make: () => unknown): readonly string[] {
  try {
    make()
  } catch (error) {
    if (!(error instanceof GateError)) throw error
    expect(error.code).toBe('ERR_GATE_OPTIONS')
    for (const problem of error.problems) expect(error.message).toContain(problem)
    return error.problems
  }
  throw new Error('nothing was thrown')
}

/** What no type allows. */
const loose = (requirements: unknown) => requirements as Requirements

describe('a stricter gate', () => {
  it('lets in whoever has all it asks for', async () => {
    const { gate, byKey } = gateKit()
    const strict = gate.with({
      methods: ['apiKey'],
      scopes: ['proofs:read'],
      wallet: 'required',
      balance: ACTO,
    })
    const access = await accessOf(strict, byKey())
    expect(access.wallet.address).toBe(ALICE)
    expect(access.balance.amount).toBe(60_000n * WHOLE)
  })

  it('refuses each lack by its own code and remedy', async () => {
    const { gate, byKey, byToken } = gateKit()
    expect(wireOf(await refusalOf(gate.with({ methods: ['apiKey'] }), byToken()))).toMatchObject({
      status: 403,
      body: { code: 'method_mismatch', accepted: ['apiKey'] },
    })
    expect(wireOf(await refusalOf(gate.with({ role: 'processor' }), byKey()))).toMatchObject({
      status: 403,
      body: { code: 'role_mismatch', detail: 'This resource is for the role processor' },
    })
    const scoped = wireOf(await refusalOf(gate.with({ scopes: ['proofs:read', 'admin'] }), byKey()))
    expect(scoped).toMatchObject({
      status: 403,
      body: { code: 'scope_insufficient', required_scopes: ['proofs:read', 'admin'] },
    })
    expect(scoped.headers['WWW-Authenticate']).toBe(
      'Bearer realm="api", error="insufficient_scope", scope="proofs:read admin"',
    )
    const poor = gate.with({ balance: { ...ACTO, minimum: '60000.000000001' } })
    expect(wireOf(await refusalOf(poor, byKey())).body).toMatchObject({
      code: 'balance_insufficient',
      detail: 'Insufficient token balance. Required: 60000.000000001 ACTO',
      remedy: { action: 'acquire_tokens', amount: '0.000000001' },
    })
  })

  it('asks for the method first, then the role, the scopes, the wallet, the balance, the policy', async () => {
    const { gate, byToken } = gateKit()
    const requirements = [
      ['method_mismatch', { methods: ['apiKey'] }],
      ['role_mismatch', { role: 'enterprise' }],
      ['scope_insufficient', { scopes: ['admin'] }],
      ['balance_insufficient', { balance: { ...ACTO, minimum: '70000' } }],
      ['policy_denied', { policy: () => false }],
    ] as const
    for (let at = 0; at < requirements.length; at++) {
      const left = requirements.slice(at).map(([, requirement]) => requirement)
      const strict = gate.with(Object.assign({}, ...left))
      expect(await codeOf(strict, byToken())).toBe(requirements[at]?.[0])
    }
  })

  it('compares roles and scopes to the letter', async () => {
    const { gate, byKey, byToken } = gateKit()
    expect(await codeOf(gate.with({ role: 'processor' }), byToken())).toBe('allowed')
    expect(await codeOf(gate.with({ role: 'Processor' }), byToken())).toBe('role_mismatch')
    expect(await codeOf(gate.with({ scopes: ['proofs'] }), byKey())).toBe('scope_insufficient')
    expect(await codeOf(gate.with({ scopes: ['PROOFS:READ'] }), byKey())).toBe('scope_insufficient')
    expect(await codeOf(gate.with({ scopes: [] }), byKey())).toBe('allowed')
  })

  it('of a stricter gate asks for what both do', async () => {
    const { gate, byKey, byToken } = gateKit()
    const readers = gate.with({ scopes: ['proofs:read'] })
    const writers = readers.with({ scopes: ['proofs:write'] })
    expect(await codeOf(writers, byKey())).toBe('allowed')
    expect(wireOf(await refusalOf(writers, byToken())).body.required_scopes).toEqual([
      'proofs:read',
      'proofs:write',
    ])
    const keyed = gate
      .with({ methods: ['apiKey', 'sharedSecretJwt'] })
      .with({ methods: ['apiKey'] })
      .with({})
    expect(await codeOf(keyed, byToken())).toBe('method_mismatch')
    expect(await codeOf(gate.with({ role: 'processor' }).with({ role: 'processor' }), byToken())).toBe(
      'allowed',
    )
  })

  it('requires the balances of the gates above it too, and carries its own', async () => {
    const { gate, byKey } = gateKit()
    const holders = gate.with({ balance: ACTO })
    const both = holders.with({ balance: { mint: OTHER_MINT, minimum: '5', symbol: 'USDT' } })
    expect((await accessOf(both, byKey())).balance.amount).toBe(5n * WHOLE)
    const higher = both.with({ balance: { ...ACTO, minimum: '60000' } })
    expect((await accessOf(higher, byKey())).balance.amount).toBe(60_000n * WHOLE)
    const poor = gateKit()
    poor.balances.set(ALICE, MINT, 1n)
    const poorHolders = poor.gate.with({ balance: ACTO })
    for (const child of [
      poorHolders.with({ scopes: ['proofs:read'] }).with({ wallet: 'required' }),
      poorHolders.with({ balance: { mint: OTHER_MINT, minimum: '5', symbol: 'USDT' } }),
      poorHolders.with({ balance: { ...ACTO, minimum: '0' } }),
    ]) {
      expect(wireOf(await refusalOf(child, poor.byKey())).body).toMatchObject({
        code: 'balance_insufficient',
        mint: MINT,
      })
    }
  })

  it('changes nothing about the gate it is made from', async () => {
    const { gate, byKey } = gateKit()
    gate.with({ role: 'processor', scopes: ['admin'], policy: () => false })
    expect(await codeOf(gate, byKey())).toBe('allowed')
  })

  it('keeps what it was made of, whatever becomes of the list', async () => {
    const { gate, byKey } = gateKit()
    const scopes = ['admin']
    const methods: 'sharedSecretJwt'[] = ['sharedSecretJwt']
    const strict = gate.with({ scopes })
    const tokens = gate.with({ methods })
    scopes.length = 0
    methods.length = 0
    expect(await codeOf(strict, byKey())).toBe('scope_insufficient')
    expect(await codeOf(tokens, byKey())).toBe('method_mismatch')
  })
})

describe('a requirement that cannot be met or understood', () => {
  const { gate } = gateKit()

  it.each([
    ['a method the gate has not', { methods: ['jwks'] }, /^methods names jwks, but this gate has apiKey/],
    ['a method that does not exist', loose({ methods: ['basic'] }), /^methods names basic/],
    ['no method', { methods: [] }, /^methods must name at least one/],
    ['an empty role', { role: '' }, /^role must be/],
    ['a role that is no text', loose({ role: 5 }), /^role must be/],
    ['scopes that are no list', loose({ scopes: 'admin' }), /^scopes must be/],
    ['a scope with a space', { scopes: ['a b'] }, /^scopes must be/],
    ['a scope with a quote', { scopes: ['a"'] }, /^scopes must be/],
    ['an empty scope', { scopes: [''] }, /^scopes must be/],
    ['a wallet that is optional', loose({ wallet: 'optional' }), /^wallet must be 'required'/],
    ['a wallet that is true', loose({ wallet: true }), /^wallet must be 'required'/],
    ['a policy that is no function', loose({ policy: true }), /^policy must be a function/],
    ['no balance', loose({ balance: null }), /^balance must be/],
    ['a balance that is a number', loose({ balance: 50_000 }), /^balance/],
    ['a mint that is no address', { balance: { ...ACTO, mint: 'ACTO' } }, /^balance\.mint/],
    ['a minimum that is a number', loose({ balance: { ...ACTO, minimum: 50_000 } }), /^balance\.minimum/],
    ['a minimum with a sign', { balance: { ...ACTO, minimum: '-1' } }, /^balance\.minimum/],
    ['a minimum with an exponent', { balance: { ...ACTO, minimum: '5e4' } }, /^balance\.minimum/],
    ['a symbol with a quote and a space', { balance: { ...ACTO, symbol: 'A "B"' } }, /^balance\.symbol/],
    [
      'an unknown member of the balance',
      loose({ balance: { ...ACTO, minimun: '1' } }),
      /^balance\.minimun is not an option/,
    ],
    ['a misspelt requirement', loose({ scope: ['admin'] }), /^requirements\.scope is not an option/],
  ] as const)('is a mistake that names its option: %s', (_what, requirements, message) => {
    const problems = problemsOf(() => gate.with(requirements as Requirements))
    expect(problems.some((problem) => message.test(problem))).toBe(true)
  })

  it('is told together with every other', () => {
    const wrong = loose({
      methods: [],
      role: '',
      scopes: [''],
      wallet: 'yes',
      balance: { mint: '' },
      policy: 1,
      x: 1,
    })
    const problems = problemsOf(() => gate.with(wrong))
    for (const name of [
      'methods',
      'role',
      'scopes',
      'wallet',
      'balance.mint',
      'balance.minimum',
      'balance.symbol',
    ]) {
      expect(problems.some((problem) => problem.startsWith(name))).toBe(true)
    }
    expect(problems.some((problem) => problem.startsWith('policy'))).toBe(true)
    expect(problems.some((problem) => problem.startsWith('requirements.x'))).toBe(true)
  })

  it('is a contradiction where nobody could meet both gates', () => {
    const keys = gate.with({ methods: ['apiKey'] })
    expect(problemsOf(() => keys.with({ methods: ['sharedSecretJwt'] }))).toEqual([
      'methods leaves none: the gate it tightens accepts apiKey',
    ])
    const processors = gate.with({ role: 'processor' }).with({})
    expect(problemsOf(() => processors.with({ role: 'enterprise' }))).toEqual([
      'role enterprise contradicts the role processor of the gate it tightens',
    ])
  })

  it('is a balance where the gate can read none', () => {
    const bare = createGate({ store: tableStore() })
    expect(problemsOf(() => bare.with({ balance: ACTO }))).toEqual([
      'balance needs a gate with balances, for example solanaBalances({ rpcUrl })',
    ])
  })

  it('is none where a gate has the method', () => {
    const secrets = ['x'.repeat(32)]
    const sessions = createGate({
      store: tableStore(),
      methods: [walletSession({ origin: 'https://api.example', secrets })],
    })
    expect(() => sessions.with({ methods: ['walletSession'] })).not.toThrow()
  })
})
