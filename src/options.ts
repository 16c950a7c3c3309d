import { type BalanceCacheOptions, cached, isCached } from './balances/cached.js'
import { GateError } from './gate-error.js'
import { optionProblems } from './gate-option-problems.js'
import { apiKey } from './methods/api-key.js'
import type { AuthenticationMethod, JwtMethod, OpaqueMethod } from './methods/method.js'
import { sharedSecretJwt } from './methods/shared-secret-jwt.js'
import type { Policy } from './policy.js'
import type { BalanceSource } from './ports/balance-source.js'
import type { Clock } from './ports/clock.js'
import type { Limits } from './ports/limits.js'
import type { SpendStore } from './ports/spend-store.js'
import type { FindCredential, Store } from './ports/store.js'
import { isSpendStore } from './spend-option-problems.js'
import type { MethodTable } from './stages/authenticate.js'
import { soundClock, systemClock } from './system-clock.js'
import type { DecisionEvent } from './telemetry/decision-event.js'

/** A mint that callers may ask about. */
export interface NamedMint {
  readonly mint: string
  readonly symbol: string
}

/** How spending is kept. */
export interface SpendOptions {
  /** Default the gate's store. */
  readonly store?: SpendStore
  /** 1 to 31,622,400. Default 604,800. */
  readonly authorizationTtlSeconds?: number
  /** 1 to 86,400. Default 900: longer than any handler takes. */
  readonly reservationTtlSeconds?: number
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
   * that the guards of one request share what the first found for up to 250, unless a change was seen. A request is
   * judged by what was known when it came, or when the store was asked for it. A credential that a store did not have
   * may be refused for as long, and for a second at most, after it was made.
   */
  readonly revocationBoundMs?: number
  /**
   * How much is remembered of credentials: at most so many records of a store that has to be waited for, and so many
   * proofs, of which each token has its own; the least recently used go first. Only what was found and what was proven
   * is kept, so that strangers push nothing out. Default `{ maxEntries: 10_000 }`.
   */
  readonly credentialCache?: { readonly maxEntries?: number }
  /**
   * Counting of requests by credential, route and outcome, written to the store so many milliseconds after the first.
   * Default `{ flushIntervalMs: 1_000 }`; `false` counts nothing.
   */
  readonly usage?: { readonly flushIntervalMs?: number } | false
  /** How much is too much: `memoryLimits`, `redisLimits` or `postgresLimits`. Default no limit. */
  readonly limits?: Limits
  /**
   * Spending: where it is kept, by default the store, and for how long amounts are held. What was authorized and neither
   * captured nor voided is given back after `authorizationTtlSeconds`, default 604,800 (7 days); what a guarded route
   * holds and nobody settles is counted as spent after `reservationTtlSeconds`, default 900.
   */
  readonly spend?: SpendOptions
  /** The protection space of the challenge in 401 answers (RFC 9110 §11.5). Default `api`. */
  readonly realm?: string
  /** Sees every decision. */
  readonly onDecision?: (event: DecisionEvent) => void
  readonly clock?: Clock
}

/** Spending, where there is a store that can keep it. */
export interface SpendConfig {
  readonly store: SpendStore
  readonly authorizationTtlMs: number
  readonly reservationTtlMs: number
}

/** Options with every default in place and every choice made. */
export interface GateConfig {
  readonly findCredential: FindCredential
  /** Absent where the host keeps credentials itself. */
  readonly store: Store | undefined
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
  /** How many records, and how many proofs, are kept at most. */
  readonly maxCredentials: number
  readonly usage: { readonly flushIntervalMs: number } | undefined
  readonly limits: Limits | undefined
  readonly spend: SpendConfig | undefined
  readonly realm: string
  readonly onDecision: ((event: DecisionEvent) => void) | undefined
  readonly clock: Clock
}

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
  const problems = optionProblems(options, methods)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)

  const { store, balances, balanceCache, portTimeoutMs = 2_000 } = options
  const clock = soundClock(options.clock ?? systemClock)
  const find = store === undefined ? options.findCredential : store.findCredential.bind(store)
  if (find === undefined) throw new GateError('ERR_GATE_OPTIONS', ['store is required'])
  return {
    findCredential: find,
    store,
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
    maxCredentials: options.credentialCache?.maxEntries ?? 10_000,
    usage: options.usage === false ? undefined : { flushIntervalMs: options.usage?.flushIntervalMs ?? 1_000 },
    limits: options.limits,
    spend: spendOf(options),
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

function spendOf({ store, spend = {} }: GateOptions<string>): SpendConfig | undefined {
  const ledger = spend.store ?? (isSpendStore(store) ? store : undefined)
  const { authorizationTtlSeconds = 604_800, reservationTtlSeconds = 900 } = spend
  return (
    ledger && {
      store: ledger,
      authorizationTtlMs: authorizationTtlSeconds * 1000,
      reservationTtlMs: reservationTtlSeconds * 1000,
    }
  )
}

function tableOf(methods: readonly AuthenticationMethod[]): MethodTable {
  return {
    opaque: methods.filter((method): method is OpaqueMethod => method.presents === 'opaque'),
    jwt: methods.filter((method): method is JwtMethod => method.presents === 'jwt'),
  }
}
