import type { SpendConfig } from '../options.js'
import type { SpendStore } from '../ports/spend-store.js'
import { spendingOf } from '../spend/spending.js'
import type { Wiring } from '../wiring.js'

/**
 * Where a gate keeps its spending.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where its store keeps none.
 */
export function spendStoreOf(wiring: Wiring): SpendStore {
  // Throws where there is none, so that behind it there is one.
  spendingOf(wiring)
  return (wiring.config.spend as SpendConfig).store
}
