import {
  apiKey,
  createGate,
  GateError,
  type GateOptions,
  jwks,
  sharedSecretJwt,
  walletSession,
} from 'sallyport'
import { cached } from 'sallyport/balances'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'

const store = memoryStore()
const balances = tableBalances()
const LONG = 'x'.repeat(32)

function problemsOf(options: unknown): readonly string[] {
  try {
    createGate(options as GateOptions)
  } catch (error) {
    if (error instanceof GateError && error.code === 'ERR_GATE_OPTIONS') return error.problems
    throw error
  }
  return []
}

describe('a gate', () => {
  it('needs a store and nothing else', () => {
    expect(problemsOf({ store })).toEqual([])
  })

  it('takes every option there is', () => {
    const options: Required<Omit<GateOptions, 'findCredential'>> = {
      store,
      methods: [
        apiKey({ prefix: 'acto', walletHeader: 'optional' }),
        apiKey({ prefix: 'sk' }),
        sharedSecretJwt({ audience: ['a'], replay: 'jti', clockToleranceSeconds: 0, maxLifetimeSeconds: 1 }),
        walletSession({ origin: 'http://127.0.0.1:8080', secrets: [LONG], sessionTtlSeconds: 1 }),
        jwks({ issuer: 'https://id.example', audience: 'a', algorithms: ['RS256'], principal: () => ({}) }),
        jwks({ issuer: 'https://id.other.example', audience: ['a'], jwksUri: 'http://localhost:1/keys' }),
      ],
      balances,
      balanceCache: {
        ttlMs: 0,
        insufficientTtlMs: 0,
        staleWhileRevalidateMs: 0,
        staleIfErrorMs: 0,
        maxEntries: 1,
      },
      mints: [{ mint: MINT, symbol: 'ACTO' }],
      environment: 'production',
      wallet: { header: 'X-Acting-For', field: 'ownerWallet' },
      policies: [() => true],
      policyTimeoutMs: 1,
      portTimeoutMs: 1,
      revocationBoundMs: 0,
      credentialCache: { maxEntries: 1 },
      usage: { flushIntervalMs: 1 },
      limits: { kinds: ['account'], onOutage: 'refuse', take: () => ({ allowed: true, retryAfterMs: 0 }) },
      spend: { store: memoryStore(), authorizationTtlSeconds: 1, reservationTtlSeconds: 1 },
      realm: 'My shop',
      onDecision: () => undefined,
      clock: manualClock(),
    }
    expect(problemsOf(options)).toEqual([])
    expect(problemsOf({ findCredential: () => undefined })).toEqual([])
  })

  it.each<readonly [what: string, options: unknown, names: string]>([
    ['nothing', undefined, 'createGate'],
    ['null', null, 'createGate'],
    ['no store', {}, 'store'],
    ['a store and findCredential', { store, findCredential: () => undefined }, 'store and findCredential'],
    ['a store that is null', { store: null }, 'store'],
    ['a store that cannot claim', { store: { findCredential: () => undefined } }, 'store'],
    ['a store that finds nothing', { store: { claim: () => true } }, 'store'],
    ['a store that tells no changes', { store: { ...store, changesSince: undefined } }, 'store'],
    ['usage that is no object', { store, usage: true }, 'usage'],
    ['usage written never', { store, usage: { flushIntervalMs: 0 } }, 'usage.flushIntervalMs'],
    ['usage with an unknown option', { store, usage: { every: 1 } }, 'usage.every'],
    ['limits that are not made', { store, limits: { account: 5 } }, 'limits'],
    ['limits without a way to fail', { store, limits: { kinds: [], take: () => true } }, 'limits'],
    ['limits that are undefined', { store, limits: undefined }, 'createGate.limits'],
    ['limits that are null', { store, limits: null }, 'limits'],
    ['a findCredential that is no function', { findCredential: {} }, 'findCredential'],
    ['no methods', { store, methods: [] }, 'methods'],
    ['methods that are no list', { store, methods: apiKey() }, 'methods'],
    ['the name of a method', { store, methods: ['apiKey'] }, 'methods'],
    ['a method that was not called', { store, methods: [apiKey] }, 'methods'],
    ['null for a method', { store, methods: [null] }, 'methods'],
    ['a method twice', { store, methods: [sharedSecretJwt(), sharedSecretJwt()] }, 'methods'],
    ['a prefix twice', { store, methods: [apiKey(), apiKey({ prefix: 'sk' })] }, 'methods'],
    ['balances that cannot be read', { store, balances: {} }, 'balances'],
    ['balances that are null', { store, balances: null }, 'balances'],
    ['a cache of nothing', { store, balanceCache: { ttlMs: 1 } }, 'balanceCache'],
    ['a cache of a cache', { store, balances: cached(balances), balanceCache: {} }, 'balanceCache'],
    ['a cache with a negative time', { store, balances, balanceCache: { ttlMs: -1 } }, 'balanceCache.ttlMs'],
    [
      'a cache without end',
      { store, balances, balanceCache: { staleIfErrorMs: Infinity } },
      'balanceCache.staleIfErrorMs',
    ],
    [
      'a cache without entries',
      { store, balances, balanceCache: { maxEntries: 0 } },
      'balanceCache.maxEntries',
    ],
    ['a cache with an unknown option', { store, balances, balanceCache: { ttl: 1 } }, 'balanceCache.ttl'],
    ['mints that are no list', { store, balances, mints: {} }, 'mints'],
    ['a mint without a symbol', { store, balances, mints: [{ mint: MINT }] }, 'mints'],
    ['a mint that is no address', { store, balances, mints: [{ mint: 'ACTO', symbol: 'ACTO' }] }, 'mints'],
    ['mints without balances', { store, mints: [{ mint: MINT, symbol: 'ACTO' }] }, 'mints'],
    ['an empty environment', { store, environment: '' }, 'environment'],
    ['an environment that is no text', { store, environment: null }, 'environment'],
    ['the wallet header Authorization', { store, wallet: { header: 'AUTHORIZATION' } }, 'wallet.header'],
    ['a wallet header with a space', { store, wallet: { header: 'X Wallet' } }, 'wallet.header'],
    ['an empty wallet header', { store, wallet: { header: '' } }, 'wallet.header'],
    ['a wallet header with a newline', { store, wallet: { header: 'x\n' } }, 'wallet.header'],
    ['the wallet field __proto__', { store, wallet: { field: '__proto__' } }, 'wallet.field'],
    ['the wallet field constructor', { store, wallet: { field: 'constructor' } }, 'wallet.field'],
    ['an empty wallet field', { store, wallet: { field: '' } }, 'wallet.field'],
    ['an unknown member of wallet', { store, wallet: { heder: 'x' } }, 'wallet.heder'],
    ['a policy that is no list', { store, policies: () => true }, 'policies'],
    ['policies that are no functions', { store, policies: [true] }, 'policies'],
    ['a policy timeout of 0', { store, policyTimeoutMs: 0 }, 'policyTimeoutMs'],
    ['a policy timeout without end', { store, policyTimeoutMs: Infinity }, 'policyTimeoutMs'],
    ['a policy timeout that is a text', { store, policyTimeoutMs: '1000' }, 'policyTimeoutMs'],
    ['a port timeout of NaN', { store, portTimeoutMs: Number.NaN }, 'portTimeoutMs'],
    ['a port timeout beyond what a timer takes', { store, portTimeoutMs: 2 ** 31 }, 'portTimeoutMs'],
    [
      'a credential cache of nothing',
      { store, credentialCache: { maxEntries: 0 } },
      'credentialCache.maxEntries',
    ],
    [
      'a misspelt bound of the credential cache',
      { store, credentialCache: { max: 1 } as object },
      'credentialCache.max',
    ],
    ['a credential cache that is none', { store, credentialCache: 1 as never }, 'credentialCache'],
    ['a negative revocation bound', { store, revocationBoundMs: -1 }, 'revocationBoundMs'],
    ['a realm with a quote', { store, realm: 'a"b' }, 'realm'],
    ['a realm with a newline', { store, realm: 'a\r\nX: y' }, 'realm'],
    ['an empty realm', { store, realm: '' }, 'realm'],
    ['a hook that is no function', { store, onDecision: [] }, 'onDecision'],
    ['a clock that tells no time', { store, clock: {} }, 'clock'],
    ['a clock that is null', { store, clock: null }, 'clock'],
    ['a clock of one hand', { store, clock: { wallMs: () => 0 } }, 'clock'],
    ['a misspelt option', { store, method: [apiKey()] }, 'createGate.method'],
  ])('refuses %s, naming the option', (_what, options, name) => {
    const problems = problemsOf(options)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.startsWith(name)).toBe(true)
  })

  it('tells every problem at once, those of its methods among them', () => {
    const problems = problemsOf({
      methods: [apiKey({ prefix: '-' }), sharedSecretJwt({ maxLifetimeSeconds: 0 })],
      balances: {},
      mints: 5,
      environment: '',
      wallet: { header: '', field: '' },
      realm: '"',
      policies: 5,
      policyTimeoutMs: 0,
      portTimeoutMs: 0,
      revocationBoundMs: -1,
      onDecision: 5,
      clock: 5,
      extra: 1,
    })
    const names = [
      ...[
        'createGate.extra',
        'store',
        'apiKey.prefix',
        'sharedSecretJwt.maxLifetimeSeconds',
        'balances',
        'mints',
      ],
      ...[
        'environment',
        'wallet.header',
        'wallet.field',
        'realm',
        'policies',
        'policyTimeoutMs',
        'portTimeoutMs',
      ],
      ...['revocationBoundMs', 'onDecision', 'clock'],
    ]
    for (const name of names) expect(problems.filter((problem) => problem.startsWith(name))).not.toEqual([])
    expect(problems).toHaveLength(names.length)
  })

  it('reads its options and changes none of them', () => {
    const options = Object.freeze({
      store,
      balances,
      methods: Object.freeze([apiKey()]),
      balanceCache: Object.freeze({ ttlMs: 1 }),
      wallet: Object.freeze({ header: 'X-A' }),
      policies: Object.freeze([() => true]),
    })
    expect(problemsOf(options)).toEqual([])
  })
})
