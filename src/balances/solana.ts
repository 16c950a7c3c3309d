import { GateError } from '../gate-error.js'
import { isOptions, timeoutProblems, unknownOptions } from '../option-check.js'
import type { BalanceSource } from '../ports/balance-source.js'
import { isHttpUrl } from '../service-url.js'
import { failover } from './failover.js'
import { associatedAddresses } from './solana/associated-accounts.js'
import { solanaEndpoint } from './solana/endpoint.js'
import type { Commitment } from './solana/rpc.js'

/** Where and how balances are read. */
export interface SolanaBalancesOptions {
  /** An RPC endpoint. Either this or `rpcUrls`. */
  readonly rpcUrl?: string
  /** Several endpoints of one cluster, the preferred first; one that fails is asked last for a while. */
  readonly rpcUrls?: readonly string[]
  /** What the chain must have agreed on. Default `confirmed`. */
  readonly commitment?: Commitment
  /** How long one reading may take over all endpoints, in milliseconds. Default 1800. */
  readonly timeoutMs?: number
}

const OPTIONS = ['rpcUrl', 'rpcUrls', 'commitment', 'timeoutMs'] as const
const COMMITMENTS: readonly unknown[] = ['processed', 'confirmed', 'finalized']

/**
 * Reads SPL Token and Token-2022 balances from Solana by JSON-RPC: the sum of every token account of the wallet for the
 * mint, in base units. Frozen accounts do not count. `@solana/web3.js` is loaded at the first reading.
 *
 * Where the query has a `minimum` and does not ask for `exact`, the wallet's associated account is read first, with those
 * of up to 99 other wallets in one request: what is in there is a lower bound, and is the answer where it reaches the
 * minimum. Otherwise that wallet is read exactly, in the same call.
 *
 * A wallet with more accounts than can be read is answered what its associated account holds, also where that does not
 * reach the minimum.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * createGate({ store, balances: solanaBalances({ rpcUrls: ['https://near.example', 'https://far.example'] }) })
 */
export function solanaBalances(options: SolanaBalancesOptions): BalanceSource {
  const problems = problemsOf(options)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { commitment = 'confirmed', timeoutMs = 1_800 } = options
  const urls = options.rpcUrls ?? [options.rpcUrl ?? '']
  const addressOf = associatedAddresses()
  return failover(
    urls.map((url) => solanaEndpoint(url, commitment, addressOf)),
    { timeoutMs },
  )
}

function problemsOf(options: SolanaBalancesOptions): string[] {
  if (!isOptions(options)) return ['solanaBalances must be given options, at least { rpcUrl }']
  const problems = unknownOptions('solanaBalances', options, OPTIONS)
  const { rpcUrl, rpcUrls, commitment, timeoutMs } = options
  if ((rpcUrl === undefined) === (rpcUrls === undefined)) {
    problems.push('solanaBalances needs either rpcUrl or rpcUrls')
  }
  // The URL itself is not repeated: it may carry a key.
  if (rpcUrl !== undefined && !isHttpUrl(rpcUrl)) {
    problems.push('solanaBalances.rpcUrl must be an http or https URL without a password')
  }
  if (rpcUrls !== undefined && !(Array.isArray(rpcUrls) && rpcUrls.length > 0 && rpcUrls.every(isHttpUrl))) {
    problems.push('solanaBalances.rpcUrls must be a list of http or https URLs without passwords')
  }
  if (commitment !== undefined && !COMMITMENTS.includes(commitment)) {
    problems.push(`solanaBalances.commitment must be one of ${COMMITMENTS.join(', ')}`)
  }
  return [...problems, ...timeoutProblems('solanaBalances.timeoutMs', timeoutMs)]
}
