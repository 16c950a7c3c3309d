import { formatDecimal } from './amount.js'
import { isDecimals } from './balance-check.js'
import { Refused } from './decision.js'
import { GateError } from './gate-error.js'
import type { MintInfo } from './ports/balance-source.js'
import type { ResolvedBalance } from './requirements.js'
import { attempt } from './stages/attempt.js'
import { describeCause } from './telemetry/redact.js'
import type { Wiring } from './wiring.js'

// Asked for to see whether the store answers at all; nobody knows a key with this digest.
const NO_DIGEST = '0'.repeat(64)

/**
 * Asks everything a gate depends on once.
 *
 * @throws GateError `ERR_GATE_NOT_READY` with every problem at once.
 */
export async function probe({ config, credentials, requiredBalances }: Wiring): Promise<void> {
  const required = [...requiredBalances.values()]
  const mints = new Set([...required, ...config.mints].map(({ mint }) => mint))
  const problems = await Promise.all([
    probeStore(config, credentials),
    ...[...mints].map((mint) => probeMint(config, mint, required)),
  ])
  const found = problems.flat()
  if (found.length > 0) throw new GateError('ERR_GATE_NOT_READY', found)
}

async function probeStore(
  { findCredential, portTimeoutMs }: Wiring['config'],
  credentials: Wiring['credentials'],
): Promise<string[]> {
  const answer = await attempt('store', portTimeoutMs, (options) =>
    findCredential({ kind: 'apiKey', digest: NO_DIGEST }, options),
  )
  if (answer instanceof Refused) return [`store: ${causeOf(answer)}`]
  // Of a store of two, each must answer.
  const outage = await credentials.catchUp()
  return outage === undefined ? [] : [`store: ${causeOf(outage)}`]
}

async function probeMint(
  { balances, portTimeoutMs }: Wiring['config'],
  mint: string,
  required: readonly ResolvedBalance[],
): Promise<string[]> {
  if (balances === undefined) return []
  const answer = await attempt<MintInfo>('balances', portTimeoutMs, (options) =>
    balances.readMint(mint, options),
  )
  if (answer instanceof Refused) return [`balances: mint ${mint}: ${causeOf(answer)}`]
  if (!isDecimals(answer?.decimals)) return [`balances: mint ${mint}: readMint answered no decimals`]
  return required
    .filter((balance) => balance.mint === mint && balance.minimum.scale > answer.decimals)
    .map(
      ({ minimum, symbol }) =>
        `balance.minimum ${formatDecimal(minimum)} ${symbol} has more decimals than its mint, which has ${answer.decimals}`,
    )
}

function causeOf({ reason }: Refused): string {
  return reason.code === 'dependency_unavailable' ? describeCause(reason.cause) : reason.code
}
