import { AnswerTooLarge } from '../capped-fetch.js'
import { GateError } from '../gate-error.js'
import { isOptions, timeoutProblems, unknownOptions } from '../option-check.js'
import type { Balance, BalanceQuery, BalanceSource, MintInfo } from '../ports/balance-source.js'
import type { CallOptions } from '../ports/call-options.js'
import { isHttpUrl } from '../service-url.js'
import { breaker, UnusableAnswer } from './breaker.js'
import { capped } from './capped.js'
import { failover } from './failover.js'
import { type Commitment, createRpc } from './solana-rpc.js'
import { isBare, mintDecimals, type Reading, sum, TOKEN_PROGRAMS } from './token-accounts.js'

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

const ASSOCIATED_TOKEN_PROGRAM = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL'

/**
 * Reads SPL Token and Token-2022 balances from Solana by JSON-RPC: the sum of every token account of the wallet for the
 * mint, in base units. Frozen accounts do not count. `@solana/web3.js` is loaded at the first reading.
 *
 * A wallet with more accounts than can be read is answered what its associated account holds: a lower bound.
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
  return failover(
    urls.map((url) => capped(breaker(endpoint(url, commitment)))),
    { timeoutMs },
  )
}

function endpoint(url: string, commitment: Commitment): BalanceSource {
  const decimalsOf = new Map<string, number>()
  const call = createRpc(url, commitment)

  async function readMint(mint: string, options: CallOptions): Promise<MintInfo> {
    const { value } = await call(options, ({ connection, PublicKey: Key }) =>
      connection.getParsedAccountInfo(new Key(mint)),
    )
    const decimals = mintDecimals(value)
    rememberDecimals(decimalsOf, mint, decimals)
    return { decimals }
  }

  async function readAll({ mint, owner }: BalanceQuery, options: CallOptions): Promise<Reading> {
    const { context, value } = await call(options, ({ connection, PublicKey: Key }) =>
      connection.getParsedTokenAccountsByOwner(new Key(owner), { mint: new Key(mint) }),
    )
    return { slot: context.slot, accounts: value, exact: true }
  }

  // Anybody can open accounts in the name of a wallet until its list is too large to be read, but not empty its
  // associated account: what is in there lets it in still.
  async function readAssociated({ mint, owner }: BalanceQuery, options: CallOptions): Promise<Reading> {
    const { addresses, context, value } = await call(options, async ({ connection, PublicKey: Key }) => {
      const associated = new Key(ASSOCIATED_TOKEN_PROGRAM)
      const addresses = [...TOKEN_PROGRAMS].map((program) => {
        const seeds = [owner, program, mint].map((address) => new Key(address).toBytes())
        return Key.findProgramAddressSync(seeds, associated)[0]
      })
      return { addresses, ...(await connection.getMultipleParsedAccounts(addresses)) }
    })
    if (value.length !== addresses.length) throw new UnusableAnswer('not every account is answered')
    const accounts = addresses.flatMap((pubkey, at) => {
      const account = value[at] ?? null
      return account === null || isBare(account) ? [] : [{ pubkey, account }]
    })
    return { slot: context.slot, accounts, exact: false }
  }

  async function readAccounts(query: BalanceQuery, options: CallOptions): Promise<Reading> {
    try {
      return await readAll(query, options)
    } catch (error) {
      const tooMany = error instanceof UnusableAnswer && error.cause instanceof AnswerTooLarge
      if (!tooMany || query.exact === true) throw error
      return readAssociated(query, options).catch((cause: unknown) => {
        // The node has just answered: whoever fills one wallet must not close the node to all others.
        throw new UnusableAnswer('neither all accounts of the wallet nor its own can be read', { cause })
      })
    }
  }

  return {
    readMint,
    async read(query, options) {
      const { slot, accounts, exact } = await readAccounts(query, options)
      const { mint } = query
      const counted = sum(accounts, query)
      const known = decimalsOf.get(mint)
      const decimals = counted.decimals ?? known ?? (await readMint(mint, options)).decimals
      if (known !== undefined && decimals !== known) {
        // Either may be wrong, so neither is kept.
        decimalsOf.delete(mint)
        throw new UnusableAnswer("an account disagrees with its mint's decimals")
      }
      rememberDecimals(decimalsOf, mint, decimals)
      return { amount: counted.amount, decimals, slot, exact } satisfies Balance
    },
  }
}

const MAX_MINTS = 1_000

function rememberDecimals(decimalsOf: Map<string, number>, mint: string, decimals: number): void {
  if (decimalsOf.size < MAX_MINTS) decimalsOf.set(mint, decimals)
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
