import type { Wiring } from '../wiring.js'
import { type Authorizer, createAuthorizer } from './authorizer.js'
import { requireSpending } from './requirement.js'
import { createSettler, type Settler } from './settler.js'

/** Spending on one gate: what guards and endpoints share. */
export interface Spending {
  readonly authorizer: Authorizer
  readonly settler: Settler
}

const made = new WeakMap<Wiring, Spending>()

/**
 * Spending on a gate.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where its store keeps none.
 */
export function spendingOf(wiring: Wiring): Spending {
  const known = made.get(wiring)
  if (known !== undefined) return known
  const { portTimeoutMs } = wiring.config
  const spend = requireSpending(wiring)
  const spending = {
    authorizer: createAuthorizer(wiring, spend),
    settler: createSettler(spend.store, portTimeoutMs),
  }
  made.set(wiring, spending)
  return spending
}
