import { formatDecimal } from './amount.js'
import { createStandingCredentials, type StandingCredentials } from './credentials/standing-credentials.js'
import type { Gate } from './gate.js'
import { GateError } from './gate-error.js'
import type { VerifyContext } from './methods/method.js'
import type { GateConfig } from './options.js'
import type { ResolvedBalance, ResolvedRequirements } from './requirements.js'
import { type BalanceReader, createBalanceReader } from './stages/balance.js'
import { createLimiter, type Limiter } from './stages/limit.js'
import { createWalletSelector, type WalletSelector } from './stages/wallet.js'
import { createOutageWarner } from './telemetry/outage-warner.js'
import { createReporter, createWarner, type Reporter } from './telemetry/reporter.js'
import { createUsageCounter, type UsageCounter } from './usage/usage-counter.js'
import { RequestVerifyContext } from './verify-context.js'

/** What all gates of one `createGate` share. */
export interface Wiring {
  readonly config: GateConfig
  readonly credentials: StandingCredentials
  readonly readBalance: BalanceReader | undefined
  /** Every balance that a gate of this wiring requires. */
  readonly requiredBalances: Map<string, ResolvedBalance>
  /** What methods verify the credential of a message with. */
  readonly verifyContext: (message: object) => VerifyContext
  readonly wallets: WalletSelector
  /** Absent where there is no store to keep counts, or the host wants none. */
  readonly usage: UsageCounter | undefined
  readonly limit: Limiter
  readonly reporter: Reporter
  closed: boolean
}

/** Wires what a gate's options name. */
export function createWiring(config: GateConfig): Wiring {
  const { clock, findCredential: find, store, portTimeoutMs: timeoutMs, revocationBoundMs: boundMs } = config
  const warn = createOutageWarner(clock)
  const credentials = createStandingCredentials({ find, store, clock, timeoutMs, boundMs })
  return {
    config,
    credentials,
    readBalance: config.balances && createBalanceReader(config.balances, timeoutMs),
    requiredBalances: new Map(),
    verifyContext: (message) => new RequestVerifyContext(config, credentials, message),
    wallets: createWalletSelector(config.walletHeader, config.walletField),
    usage: store && config.usage && createUsageCounter({ store, clock, timeoutMs, warn, ...config.usage }),
    limit: createLimiter(config.limits, timeoutMs, warn),
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
