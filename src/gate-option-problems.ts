import { isBalanceSource } from './balance-check.js'
import { cacheProblems, isCached } from './balances/cached.js'
import { isEntryCount, MOST_ENTRIES } from './entry-count.js'
import type { AuthenticationMethod } from './methods/method.js'
import {
  clockProblems,
  isOptions,
  timeoutProblems,
  undefinedOptions,
  unknownOptions,
} from './option-check.js'
import type { GateOptions, NamedMint } from './options.js'
import type { Limits } from './ports/limits.js'
import type { Store } from './ports/store.js'
import { isSymbol } from './requirements.js'
import { spendProblems } from './spend-option-problems.js'
import { isWalletAddress } from './wallet-address.js'

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
  credentialCache: true,
  usage: true,
  limits: true,
  spend: true,
  realm: true,
  onDecision: true,
  clock: true,
} satisfies Record<keyof GateOptions, true>)

// What makes a gate stricter: without a value it would be silently laxer.
const RESTRICTING = ['environment', 'policies', 'limits', 'spend'] as const

const STORE_VERBS = Object.keys({
  findCredential: true,
  claim: true,
  addCredential: true,
  readCredential: true,
  listCredentials: true,
  changeCredential: true,
  revokeCredentials: true,
  changesSince: true,
  addUsage: true,
  readUsage: true,
  close: true,
} satisfies Record<keyof Store, true>) as (keyof Store)[]

// RFC 9110 §5.6.2: token.
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const FIELD_NAME = /^[A-Za-z_$][\w$]*$/

/** A sentence for everything that is wrong with the options of a gate, each beginning with the option's name. */
export function optionProblems(
  options: GateOptions<string>,
  methods: readonly AuthenticationMethod[],
): string[] {
  return [
    ...unknownOptions('createGate', options, KNOWN),
    ...undefinedOptions('createGate', options, RESTRICTING),
    ...storeProblems(options, methods),
    ...methodProblems(methods),
    ...balanceProblems(options),
    ...walletProblems(options.wallet),
    ...textProblems(options),
    ...timeProblems(options),
    ...credentialCacheProblems(options.credentialCache),
    ...countingProblems(options),
    ...spendProblems(options),
    ...functionProblems(options),
    ...clockProblems('clock', options.clock),
  ]
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
  const missing = STORE_VERBS.filter((verb) => typeof store?.[verb] !== 'function')
  return missing.length === 0 ? [] : [`store must have every verb of a store; missing: ${missing.join(', ')}`]
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
  if (balances !== undefined && !isBalanceSource(balances)) {
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

function credentialCacheProblems(cache: GateOptions<string>['credentialCache']): string[] {
  if (cache === undefined) return []
  if (!isOptions(cache)) return ['credentialCache must be { maxEntries }']
  const problems = unknownOptions('credentialCache', cache, ['maxEntries'])
  const { maxEntries } = cache
  if (maxEntries !== undefined && !isEntryCount(maxEntries)) {
    problems.push(`credentialCache.maxEntries must be a whole number from 1 to ${MOST_ENTRIES}`)
  }
  return problems
}

function countingProblems({ usage, limits }: GateOptions<string>): string[] {
  const problems: string[] = []
  if (usage !== undefined && usage !== false) {
    if (!isOptions(usage)) problems.push('usage must be { flushIntervalMs } or false')
    else {
      problems.push(...unknownOptions('usage', usage, ['flushIntervalMs']))
      problems.push(...timeoutProblems('usage.flushIntervalMs', usage.flushIntervalMs))
    }
  }
  if (limits !== undefined && !isLimits(limits)) {
    problems.push(
      'limits must be made by memoryLimits, redisLimits or postgresLimits, or have kinds, onOutage and take',
    )
  }
  return problems
}

function isLimits(limits: Limits): boolean {
  const { kinds, onOutage, take }: Partial<Limits> = limits ?? {}
  const isMode = onOutage === 'allow' || onOutage === 'refuse'
  return Array.isArray(kinds) && isMode && typeof take === 'function'
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
