import { type BalanceCacheOptions, cached, cacheProblems, isCached } from './balances/cached.js'
import { GateError } from './gate-error.js'
import { apiKey } from './methods/api-key.js'
import type { AuthenticationMethod, JwtMethod, OpaqueMethod } from './methods/method.js'
import { sharedSecretJwt } from './methods/shared-secret-jwt.js'
import {
  clockProblems,
  isOptions,
  timeoutProblems,
  undefinedOptions,
  unknownOptions,
} from './option-check.js'
import type { Policy } from './policy.js'
import type { BalanceSource } from './ports/balance-source.js'
import type { Clock } from './ports/clock.js'
import type { FindCredential, Store } from './ports/store.js'
import { isSymbol } from './requirements.js'
import type { MethodTable } from './stages/authenticate.js'
import { soundClock, systemClock } from './system-clock.js'
import type { DecisionEvent } from './telemetry/decision-event.js'
import { isWalletAddress } from './wallet-address.js'

/** A mint that callers may ask about. */
export interface NamedMint {
  readonly mint: string
  readonly symbol: string
}

/** What a gate is made of. */
export interface GateOptions<Field extends string = 'ownerWallet'> {
  /** Where credentials are found and single use is recorded. Either this or `findCredential`. */
  readonly store?: Store
  /** The one verb of a store, for hosts that keep credentials themselves. */
  readonly findCredential?: FindCredential
  /** How callers may prove who they are. Default `[apiKey(), sharedSecretJwt()]`. */
  readonly methods?: readonly AuthenticationMethod[]
  /** Where balances are read; wrapped in `cached()` unless it already is. */
  readonly balances?: BalanceSource
  /** Times and bound of that cache; `false` reads the chain for every request. */
  readonly balanceCache?: BalanceCacheOptions | false
  /** What `POST /v1/access/check` may be asked about, beside the mints the gates require. */
  readonly mints?: readonly NamedMint[]
  /** A credential of another environment does not exist here. A credential without one is honoured everywhere. */
  readonly environment?: string
  readonly wallet?: {
    /** The header that names the wallet. Default `x-wallet-address`. */
    readonly header?: string
    /** The member of a record that names its owner. Default `ownerWallet`. */
    readonly field?: Field
  }
  /** Asked on every gate that is made from this one, before that gate's own. */
  readonly policies?: readonly Policy[]
  /** How long one policy may take, in milliseconds. Default 1000. */
  readonly policyTimeoutMs?: number
  /** How long a store, a key set or a chain may take, in milliseconds. Default 2000. */
  readonly portTimeoutMs?: number
  /**
   * How long a revoked credential may still be honoured, at most, in milliseconds. Default 2000; 0 keeps nothing, except
   * that the guards of one request share what the first found for up to 250.
   */
  readonly revocationBoundMs?: number
  /** The protection space of the challenge in 401 answers (RFC 9110 §11.5). Default `api`. */
  readonly realm?: string
  /** Sees every decision. */
  readonly onDecision?: (event: DecisionEvent) => void
  readonly clock?: Clock
}

/** Options with every default in place and every choice made. */
export interface GateConfig {
  readonly findCredential: FindCredential
  readonly claim: Store['claim'] | undefined
  readonly methods: MethodTable
  readonly methodNames: readonly string[]
  readonly balances: BalanceSource | undefined
  readonly mints: readonly NamedMint[]
  readonly environment: string | null
  readonly walletHeader: string
  readonly walletField: string
  readonly policies: readonly Policy[]
  readonly policyTimeoutMs: number
  readonly portTimeoutMs: number
  readonly revocationBoundMs: number
  readonly realm: string
  readonly onDecision: ((event: DecisionEvent) => void) | undefined
  readonly clock: Clock
}

const KNOWN = Object.keys({
  store: true,
  findCredential: true,
  methods: true,
  balances: true,
  balanceCache: true,
  mints: true,
  environment: true,
  wallet: true,
  policies: true,
  policyTimeoutMs: true,
  portTimeoutMs: true,
  revocationBoundMs: true,
  realm: true,
  onDecision: true,
  clock: true,
} satisfies Record<keyof GateOptions, true>)

// What makes a gate stricter: without a value it would be silently laxer.
const RESTRICTING = ['environment', 'policies'] as const

// RFC 9110 §5.6.2: token.
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const FIELD_NAME = /^[A-Za-z_$][\w$]*$/

/**
 * Reads a gate's options: the only place that knows a default of `createGate`'s own.
 *
 * @throws GateError `ERR_GATE_OPTIONS` with every problem at once.
 */
export function parseOptions(options: GateOptions<string>): GateConfig {
  if (typeof options !== 'object' || options === null) {
    throw new GateError('ERR_GATE_OPTIONS', ['createGate needs options, at least { store }'])
  }
  const methods = options.methods ?? [apiKey(), sharedSecretJwt()]
  const problems = [
    ...unknownOptions('createGate', options, KNOWN),
    ...undefinedOptions('createGate', options, RESTRICTING),
    ...storeProblems(options, methods),
    ...methodProblems(methods),
    ...balanceProblems(options),
    ...walletProblems(options.wallet),
    ...textProblems(options),
    ...timeProblems(options),
    ...functionProblems(options),
    ...clockProblems('clock', options.clock),
  ]
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)

  const { store, balances, balanceCache, portTimeoutMs = 2_000 } = options
  const clock = soundClock(options.clock ?? systemClock)
  const find = store === undefined ? options.findCredential : store.findCredential.bind(store)
  if (find === undefined) throw new GateError('ERR_GATE_OPTIONS', ['store is required'])
  return {
    findCredential: find,
    claim: store?.claim.bind(store),
    methods: tableOf(methods),
    methodNames: [...new Set(methods.map(({ name }) => name))],
    balances: balances && withCache(balances, balanceCache, portTimeoutMs, clock),
    mints: (options.mints ?? []).map(({ mint, symbol }) => ({ mint, symbol })),
    environment: options.environment ?? null,
    walletHeader: (options.wallet?.header ?? 'x-wallet-address').toLowerCase(),
    walletField: options.wallet?.field ?? 'ownerWallet',
    policies: [...(options.policies ?? [])],
    policyTimeoutMs: options.policyTimeoutMs ?? 1_000,
    portTimeoutMs,
    revocationBoundMs: options.revocationBoundMs ?? 2_000,
    realm: options.realm ?? 'api',
    onDecision: options.onDecision,
    clock,
  }
}

function withCache(
  source: BalanceSource,
  options: BalanceCacheOptions | false | undefined,
  timeoutMs: number,
  clock: Clock,
): BalanceSource {
  return options === false || isCached(source) ? source : cached(source, { timeoutMs, clock, ...options })
}

function tableOf(methods: readonly AuthenticationMethod[]): MethodTable {
  return {
    opaque: methods.filter((method): method is OpaqueMethod => method.presents === 'opaque'),
    jwt: methods.filter((method): method is JwtMethod => method.presents === 'jwt'),
  }
}

function storeProblems(
  { store, findCredential }: GateOptions<string>,
  methods: readonly AuthenticationMethod[],
) {
  if (store === undefined && findCredential === undefined) {
    return ['store is required, for example memoryStore(); or findCredential']
  }
  if (store !== undefined && findCredential !== undefined)
    return ['store and findCredential exclude each other']
  if (store === undefined) {
    if (typeof findCredential !== 'function') return ['findCredential must be a function']
    const claiming = Array.isArray(methods) && methods.find((method) => method?.needsClaim)
    return claiming
      ? [`${claiming.name} with replay protection needs a store; findCredential cannot claim`]
      : []
  }
  return typeof store?.findCredential === 'function' && typeof store.claim === 'function'
    ? []
    : ['store must have findCredential and claim']
}

function methodProblems(methods: readonly AuthenticationMethod[]): string[] {
  if (!Array.isArray(methods) || methods.length === 0) return ['methods must have at least one method']
  if (!methods.every(isMethod)) {
    return ['methods must be made by apiKey(), sharedSecretJwt(), walletSession() or jwks()']
  }
  const problems = methods.flatMap((method) => method.problems)
  const forms = methods.map(({ form }) => form)
  const twice = forms.find((form, at) => forms.indexOf(form) !== at)
  if (twice !== undefined) problems.push(`methods has two for the same form of credential: ${twice}`)
  return problems
}

function isMethod(method: AuthenticationMethod | undefined): boolean {
  const { presents, recognizes, verify, problems } = method ?? ({} as Partial<AuthenticationMethod>)
  const callable = typeof recognizes === 'function' && typeof verify === 'function'
  return (presents === 'opaque' || presents === 'jwt') && callable && Array.isArray(problems)
}

function balanceProblems({ balances, balanceCache, mints }: GateOptions<string>): string[] {
  const problems: string[] = []
  if (
    balances !== undefined &&
    (typeof balances?.read !== 'function' || typeof balances.readMint !== 'function')
  ) {
    problems.push('balances must have read and readMint, for example solanaBalances({ rpcUrl })')
  }
  if (balanceCache !== undefined && balanceCache !== false) {
    problems.push(...cacheProblems('balanceCache', balanceCache))
    if (balances === undefined) problems.push('balanceCache needs balances')
    else if (isCached(balances))
      problems.push('balanceCache has no effect on balances that are already cached()')
  }
  if (mints !== undefined && !(Array.isArray(mints) && mints.every(isNamedMint))) {
    problems.push('mints must be a list of { mint, symbol }')
  }
  if (mints !== undefined && balances === undefined) problems.push('mints needs balances')
  return problems
}

function isNamedMint(value: NamedMint | undefined): boolean {
  return typeof value?.mint === 'string' && isWalletAddress(value.mint) && isSymbol(value.symbol)
}

function walletProblems(wallet: GateOptions<string>['wallet']): string[] {
  if (wallet === undefined) return []
  if (!isOptions(wallet)) return ['wallet must be { header, field }']
  const problems = unknownOptions('wallet', wallet, ['header', 'field'])
  const { header, field } = wallet
  if (header !== undefined && !isWalletHeader(header)) {
    problems.push('wallet.header must be the name of a header other than Authorization')
  }
  if (field !== undefined && !isFieldName(field)) {
    problems.push('wallet.field must be the name of a member')
  }
  return problems
}

// A name that every object has would make every record somebody's.
function isFieldName(field: unknown): boolean {
  return (
    typeof field === 'string' &&
    FIELD_NAME.test(field) &&
    !(field in Object.prototype) &&
    field !== 'prototype'
  )
}

function isWalletHeader(header: unknown): boolean {
  return typeof header === 'string' && HEADER_NAME.test(header) && header.toLowerCase() !== 'authorization'
}

function textProblems({ environment, realm }: GateOptions<string>): string[] {
  const problems: string[] = []
  if (environment !== undefined && (typeof environment !== 'string' || environment === '')) {
    problems.push('environment must be a non-empty string')
  }
  if (realm !== undefined && (typeof realm !== 'string' || !/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/.test(realm))) {
    problems.push('realm must be printable ASCII without quotes or backslashes')
  }
  return problems
}

function timeProblems({ policyTimeoutMs, portTimeoutMs, revocationBoundMs }: GateOptions<string>): string[] {
  return [
    ...timeoutProblems('policyTimeoutMs', policyTimeoutMs),
    ...timeoutProblems('portTimeoutMs', portTimeoutMs),
    ...(revocationBoundMs === 0 ? [] : timeoutProblems('revocationBoundMs', revocationBoundMs)),
  ]
}

function functionProblems({ policies, onDecision }: GateOptions<string>): string[] {
  const problems: string[] = []
  if (
    policies !== undefined &&
    !(Array.isArray(policies) && policies.every((one) => typeof one === 'function'))
  ) {
    problems.push('policies must be a list of functions')
  }
  if (onDecision !== undefined && typeof onDecision !== 'function')
    problems.push('onDecision must be a function')
  return problems
}
