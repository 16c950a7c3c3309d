import { formatDecimal } from './amount.js'
import { recallOf } from './balances/cached.js'
import { type Claim, createClaim } from './claim.js'
import { createStandingCredentials, type StandingCredentials } from './credentials/standing-credentials.js'
import type { Gate } from './gate.js'
import { GateError } from './gate-error.js'
import type { GateConfig } from './options.js'
import type { ResolvedBalance, ResolvedRequirements } from './requirements.js'
import { type Authenticator, createAuthenticator } from './stages/authenticate.js'
import { type BalanceReader, createBalanceReader } from './stages/balance.js'
import { createLimiter, type Limiter } from './stages/limit.js'
import { createWalletSelector, type WalletSelector } from './stages/wallet.js'
import { createOutageWarner } from './telemetry/outage-warner.js'
import { createReporter, createWarner, type Reporter } from './telemetry/reporter.js'
import { createUsageCounter, type UsageCounter } from './usage/usage-counter.js'
import { createVerifiedCache } from './verified-cache.js'
import { RequestVerifyContext } from './verify-context.js'

/** What all gates of one `createGate` share. */
export interface Wiring {
  readonly config: GateConfig
  readonly credentials: StandingCredentials
  readonly balances: BalanceReader | undefined
  /** Every balance that a gate of this wiring requires. */
  readonly requiredBalances: Map<string, ResolvedBalance>
  readonly authenticate: Authenticator
  readonly claim: Claim
  readonly wallets: WalletSelector
  /** Absent where there is no store to keep counts, or the host wants none. */
  readonly usage: UsageCounter | undefined
  readonly limit: Limiter
  /** Whether anybody counts failed credentials: who a caller is on the network is worked out for nobody else. */
  readonly limitsFailures: boolean
  readonly reporter: Reporter
  closed: boolean
}

/** Wires what a gate's options name. */
export function createWiring(config: GateConfig): Wiring {
  const { clock, findCredential: find, store, balances, portTimeoutMs: timeoutMs } = config
  const { revocationBoundMs: boundMs, maxCredentials: maxEntries } = config
  const warn = createOutageWarner(clock)
  const claim = createClaim(config)
  const credentials = createStandingCredentials({ find, store, clock, timeoutMs, boundMs, maxEntries })
  return {
    config,
    credentials,
    balances: balances && createBalanceReader(balances, timeoutMs, recallOf(balances, clock)),
    requiredBalances: new Map(),
    claim,
    authenticate: createAuthenticator({
      methods: config.methods,
      verified: createVerifiedCache(maxEntries),
      contextFor: (message, credential, now) =>
        new RequestVerifyContext(config, credentials, claim, message, credential, now),
    }),
    wallets: createWalletSelector(config.walletHeader, config.walletField),
    usage: store && config.usage && createUsageCounter({ store, timeoutMs, warn, ...config.usage }),
    limit: createLimiter(config.limits, timeoutMs, warn),
    limitsFailures: config.limits?.kinds.includes('failures') === true,
    reporter: config.onDecision ? createReporter(config.onDecision, clock) : createWarner(warn),
    closed: false,
  }
}

/** Notes the balances a gate requires, once each, however many gates a host makes. */
export function noteBalances({ requiredBalances }: Wiring, balances: ResolvedRequirements['balances']): void {
  for (const balance of balances) {
    const { mint, symbol } = balance
    const minimum = formatDecimal(balance.minimum)
    requiredBalances.set(`${mint} ${minimum} ${symbol}`, balance)
  }
}

interface Made {
  readonly wiring: Wiring
  readonly requirements: ResolvedRequirements
}

const made = new WeakMap<object, Made>()

/** Notes how a gate was made. */
export function recordGate(gate: Gate, wiring: Wiring, requirements: ResolvedRequirements): void {
  made.set(gate, { wiring, requirements })
}

/**
 * How a gate was made, for what is mounted beside it.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where it is no gate.
 */
export function inspectGate(gate: Gate): Made {
  const found = typeof gate === 'function' ? made.get(gate) : undefined
  if (found === undefined)
    throw new GateError('ERR_GATE_OPTIONS', [
      'gate must be made by createGate (did you mean requireAccess(gate)?)',
    ])
  return found
}

/**
 * Refuses what is no gate where it is mounted, so that the mistake is not found at the first request.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 */
export function assertGate(gate: Gate): void {
  inspectGate(gate)
}

/**
 * As {@link assertGate}, for a mount that lets anonymous callers in.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where the gate requires a wallet, which no anonymous caller has.
 */
export function assertOptionalGate(gate: Gate): void {
  if (inspectGate(gate).requirements.wallet) {
    throw new GateError('ERR_GATE_OPTIONS', [
      'optionalAccess: this gate requires a wallet, which no anonymous caller has; give it one without wallet or balance',
    ])
  }
}
