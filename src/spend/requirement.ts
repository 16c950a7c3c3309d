import { GateError } from '../gate-error.js'
import type { SpendConfig } from '../options.js'
import type { Wiring } from '../wiring.js'

/**
 * How a gate keeps spending.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where its store keeps none.
 */
export function requireSpending({ config }: Wiring): SpendConfig {
  const { spend } = config
  if (spend !== undefined) return spend
  throw new GateError('ERR_GATE_OPTIONS', [
    'spending needs a gate whose store keeps it, or spend: { store }: memoryStore, sqliteStore, sqlStore or redisStore',
  ])
}
