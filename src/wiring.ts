import type { Gate } from './gate.js'
import { GateError } from './gate-error.js'
import type { VerifyContext } from './methods/method.js'
import type { GateConfig } from './options.js'
import type { ResolvedBalance, ResolvedRequirements } from './requirements.js'
import type { BalanceReader } from './stages/balance.js'
import type { WalletSelector } from './stages/wallet.js'
import type { Reporter } from './telemetry/reporter.js'

/** What all gates of one `createGate` share. */
export interface Wiring {
  readonly config: GateConfig
  readonly readBalance: BalanceReader | undefined
  /** Every balance that a gate of this wiring requires. */
  readonly requiredBalances: Map<string, ResolvedBalance>
  readonly verifyContext: () => VerifyContext
  readonly wallets: WalletSelector
  readonly reporter: Reporter
  closed: boolean
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
  if (found === undefined) throw new GateError('ERR_GATE_OPTIONS', ['gate must be made by createGate'])
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
