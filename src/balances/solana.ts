import { AsyncLocalStorage } from 'node:async_hooks'
import type { AccountInfo, Connection, ParsedAccountData, PublicKey } from '@solana/web3.js'
import { cappedFetch } from '../capped-fetch.js'
import { GateError } from '../gate-error.js'
import { unknownOptions } from '../option-check.js'
import type { Balance, BalanceQuery, BalanceSource, MintInfo } from '../ports/balance-source.js'
import type { CallOptions } from '../ports/call-options.js'
import { isHttpUrl } from '../service-url.js'
import { isDecimals } from './answer-check.js'
import { breaker } from './breaker.js'
import { capped } from './capped.js'
import { failover } from './failover.js'

export interface SolanaBalancesOptions {
  /** An RPC endpoint. Either this or `rpcUrls`. */
  readonly rpcUrl?: string
  /** Several endpoints of one cluster, the preferred first; one that fails is asked last for a while. */
  readonly rpcUrls?: readonly string[]
  /** What the chain must have agreed on. Default `confirmed`. */
  readonly commitment?: 'processed' | 'confirmed' | 'finalized'
  /** How long one reading may take over all endpoints, in milliseconds. Default 1800. */
  readonly timeoutMs?: number
}

const OPTIONS = ['rpcUrl', 'rpcUrls', 'commitment', 'timeoutMs'] as const
const COMMITMENTS: readonly unknown[] = ['processed', 'confirmed', 'finalized']

const TOKEN_PROGRAMS: ReadonlySet<string> = new Set([
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
])

/**
 * Reads SPL Token and Token-2022 balances from Solana by JSON-RPC: the sum of every token account of the wallet for the
 * mint, in base units. Frozen accounts do not count. `@solana/web3.js` is loaded at the first reading.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * createGate({ store, balances: solanaBalances({ rpcUrls: [process.env.RPC_A, process.env.RPC_B] }) })
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

interface Client {
  readonly connection: Connection
  readonly PublicKey: typeof PublicKey
}

// The library takes one fetch for all calls of a connection, but every call has a signal of its own.
const currentSignal = new AsyncLocalStorage<AbortSignal>()

function endpoint(url: string, commitment: 'processed' | 'confirmed' | 'finalized'): BalanceSource {
  const decimalsOf = new Map<string, number>()
  let client: Promise<Client> | undefined

  async function call<T>({ signal }: CallOptions, ask: (client: Client) => Promise<T>): Promise<T> {
    client ??= connect(url, commitment)
    const connected = await client
    signal.throwIfAborted()
    return currentSignal.run(signal, () => untilAborted(signal, ask(connected)))
  }

  async function readMint(mint: string, options: CallOptions): Promise<MintInfo> {
    const { value } = await call(options, ({ connection, PublicKey: Key }) =>
      connection.getParsedAccountInfo(new Key(mint)),
    )
    const decimals = mintDecimals(value)
    rememberDecimals(decimalsOf, mint, decimals)
    return { decimals }
  }

  return {
    readMint,
    async read({ mint, owner }, options) {
      const { context, value } = await call(options, ({ connection, PublicKey: Key }) =>
        connection.getParsedTokenAccountsByOwner(new Key(owner), { mint: new Key(mint) }),
      )
      if (!Number.isSafeInteger(context?.slot)) throw new Error('the answer has no slot')
      const counted = sum(value, { mint, owner })
      const known = decimalsOf.get(mint)
      const decimals = counted.decimals ?? known ?? (await readMint(mint, options)).decimals
      if (known !== undefined && decimals !== known)
        throw new Error("an account disagrees with its mint's decimals")
      rememberDecimals(decimalsOf, mint, decimals)
      return { amount: counted.amount, decimals, slot: context.slot, exact: true } satisfies Balance
    },
  }
}

const MAX_MINTS = 1_000

function rememberDecimals(decimalsOf: Map<string, number>, mint: string, decimals: number): void {
  if (decimalsOf.size < MAX_MINTS) decimalsOf.set(mint, decimals)
}

async function connect(url: string, commitment: 'processed' | 'confirmed' | 'finalized'): Promise<Client> {
  const { Connection: Solana, PublicKey: Key } = await import('@solana/web3.js')
  const connection = new Solana(url, {
    commitment,
    // Its own answer to HTTP 429 is to wait for 7.5 seconds.
    disableRetryOnRateLimit: true,
    httpAgent: false,
    fetch: async (input, init) => new Response(await rpcFetch(String(input), init), { status: 200 }),
  })
  return { connection, PublicKey: Key }
}

// A rejection that is not an Error would leave the library's call pending for ever.
async function rpcFetch(url: string, init: { body?: unknown } | undefined): Promise<string> {
  const body = String(init?.body)
  const headers = { 'Content-Type': 'application/json' }
  const signal = currentSignal.getStore() ?? null
  try {
    const answer = await cappedFetch(url, { method: 'POST', headers, body, signal })
    if (JSON.parse(answer).id !== JSON.parse(body).id) throw new Error('the answer is to another question')
    return answer
  } catch (error) {
    throw error instanceof Error ? error : new Error('the call failed', { cause: error })
  }
}

function untilAborted<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

type TokenAccounts = Awaited<ReturnType<Connection['getParsedTokenAccountsByOwner']>>['value']

function sum(accounts: TokenAccounts, asked: BalanceQuery): { amount: bigint; decimals: number | undefined } {
  let amount = 0n
  let decimals: number | undefined
  const seen = new Set<string>()
  for (const { pubkey, account } of accounts) {
    const address = pubkey.toBase58()
    if (seen.has(address)) throw new Error('the answer names an account twice')
    seen.add(address)
    const held = readAccount(account, asked)
    if (decimals !== undefined && decimals !== held.decimals)
      throw new Error("accounts disagree on the mint's decimals")
    decimals = held.decimals
    if (held.counts) amount += held.amount
  }
  return { amount, decimals }
}

const AMOUNT = /^\d{1,20}$/

// Every line of an answer is checked: what is not what was asked for is an outage, never zero.
function readAccount(account: AccountInfo<ParsedAccountData>, asked: BalanceQuery) {
  if (!TOKEN_PROGRAMS.has(account.owner.toBase58())) throw new Error('an account belongs to no token program')
  const { type, info } = account.data.parsed ?? {}
  if (type !== 'account') throw new Error('an account is not a token account')
  if (info?.mint !== asked.mint) throw new Error('an account is of another mint')
  if (info.owner !== asked.owner) throw new Error('an account is of another owner')
  if (info.state !== 'initialized' && info.state !== 'frozen')
    throw new Error('an account has no known state')
  const { amount, decimals } = info.tokenAmount ?? {}
  if (typeof amount !== 'string' || !AMOUNT.test(amount)) throw new Error('an account has no amount')
  if (!isDecimals(decimals)) throw new Error('an account has no decimals')
  return { amount: BigInt(amount), decimals, counts: info.state === 'initialized' }
}

function mintDecimals(account: AccountInfo<Buffer | ParsedAccountData> | null): number {
  if (account === null) throw new Error('the mint does not exist')
  const parsed = 'parsed' in account.data ? account.data.parsed : undefined
  if (!TOKEN_PROGRAMS.has(account.owner.toBase58()) || parsed?.type !== 'mint')
    throw new Error('it is not a mint')
  if (!isDecimals(parsed.info?.decimals)) throw new Error('the mint has no decimals')
  return parsed.info.decimals
}

function problemsOf(options: SolanaBalancesOptions): string[] {
  const problems = unknownOptions('solanaBalances', options, OPTIONS)
  const { rpcUrl, rpcUrls, commitment, timeoutMs } = options
  if ((rpcUrl === undefined) === (rpcUrls === undefined)) {
    problems.push('solanaBalances needs either rpcUrl or rpcUrls')
  }
  // The URL itself is not repeated: it may carry a key.
  if (rpcUrl !== undefined && !isHttpUrl(rpcUrl)) {
    problems.push('solanaBalances.rpcUrl must be an http or https URL')
  }
  if (rpcUrls !== undefined && !(Array.isArray(rpcUrls) && rpcUrls.length > 0 && rpcUrls.every(isHttpUrl))) {
    problems.push('solanaBalances.rpcUrls must be a list of http or https URLs')
  }
  if (commitment !== undefined && !COMMITMENTS.includes(commitment)) {
    problems.push(`solanaBalances.commitment must be one of ${COMMITMENTS.join(', ')}`)
  }
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0)) {
    problems.push('solanaBalances.timeoutMs must be a number of milliseconds above 0')
  }
  return problems
}
