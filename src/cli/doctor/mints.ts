import { solanaBalances } from '../../balances/solana.js'
import { Deadline } from '../../deadline.js'
import { isHttpUrl } from '../../service-url.js'
import { describeCause } from '../../telemetry/redact.js'
import { isWalletAddress } from '../../wallet-address.js'
import { visible } from '../table.js'
import { type Finding, fine, problem, warning } from './finding.js'
import type { Subject } from './subject.js'

const NAME = 'mints'
const TIMEOUT_MS = 5_000

/** Whether the mints exist. */
export async function checkMints({ mints, rpcUrls, nodes }: Subject): Promise<readonly Finding[]> {
  if (mints.length === 0) return []
  const malformed = mints
    .filter((mint) => !isWalletAddress(mint))
    .map((mint) => problem(NAME, `${shown(mint)} is no Solana address`, 'correct SALLYPORT_MINTS'))
  const asked = mints.filter(isWalletAddress)
  const answers = await nodes()
  const usable = rpcUrls.filter((url, at) => isHttpUrl(url) && answers[at]?.tookMs !== undefined)
  if (usable.length === 0) {
    const detail = `${asked.length} not looked up: no RPC endpoint answers`
    return [
      ...malformed,
      ...(asked.length > 0 ? [warning(NAME, detail, 'see to the RPC endpoint first')] : []),
    ]
  }
  const source = solanaBalances({ rpcUrls: usable, timeoutMs: TIMEOUT_MS })
  const found = await Promise.all(asked.map((mint) => lookUp(source, mint)))
  return [...malformed, ...found]
}

async function lookUp(source: ReturnType<typeof solanaBalances>, mint: string): Promise<Finding> {
  try {
    const { decimals } = await source.readMint(mint, new Deadline(TIMEOUT_MS))
    return fine(NAME, `${mint} has ${decimals} decimals`)
  } catch (error) {
    return problem(
      NAME,
      `${mint}: ${describeCause(error)}`,
      'see that the address is that of the mint, and the endpoint one of its cluster',
    )
  }
}

// What stands where an address belongs may be anything.
function shown(text: string): string {
  return text.length > 44 ? 'a mint' : describeCause(visible(text))
}
