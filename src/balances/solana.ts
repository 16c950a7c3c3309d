import { AsyncLocalStorage } from 'node:async_hooks'
import type { AccountInfo, Connection, ParsedAccountData, PublicKey } from '@solana/web3.js'
import { isDecimals } from '../balance-check.js'
import { AnswerTooLarge, cappedFetch } from '../capped-fetch.js'
import { GateError } from '../gate-error.js'
import { isOptions, timeoutProblems, unknownOptions } from '../option-check.js'
import type { Balance, BalanceQuery, BalanceSource, MintInfo } from '../ports/balance-source.js'
import type { CallOptions } from '../ports/call-options.js'
import { isHttpUrl } from '../service-url.js'
import { breaker, UnusableAnswer } from './breaker.js'
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
const ASSOCIATED_TOKEN_PROGRAM = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL'
const SYSTEM_PROGRAM = '11111111111111111111111111111111'

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

type Client = { readonly connection: Connection; readonly PublicKey: typeof PublicKey }

// The library takes one fetch for all calls of a connection, but every call has a signal of its own.
const currentSignal = new AsyncLocalStorage<AbortSignal>()

function endpoint(url: string, commitment: 'processed' | 'confirmed' | 'finalized'): BalanceSource {
  const decimalsOf = new Map<string, number>()
  let client: Promise<Client> | undefined

  async function call<T>({ signal }: CallOptions, ask: (client: Client) => Promise<T>): Promise<T> {
    client ??= connect(url, commitment).catch((error: unknown) => {
      // Where the library could not be loaded, the next reading tries again.
      client = undefined
      throw error
    })
    const connected = await client
    signal.throwIfAborted()
    try {
      return await currentSignal.run(signal, () => untilAborted(signal, ask(connected)))
    } catch (error) {
      throw withoutItsWords(error)
    }
  }

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
// JSON-RPC 2.0 §5.1: also how a node says that it knows no such mint.
const INVALID_PARAMS = -32_602

function rememberDecimals(decimalsOf: Map<string, number>, mint: string, decimals: number): void {
  if (decimalsOf.size < MAX_MINTS) decimalsOf.set(mint, decimals)
}

async function connect(url: string, commitment: 'processed' | 'confirmed' | 'finalized'): Promise<Client> {
  const { Connection: Solana, PublicKey: Key } = await import('@solana/web3.js')
  const connection = new Solana(new URL(url).href, {
    commitment,
    // Its own answer to HTTP 429 is to wait for 7.5 seconds.
    disableRetryOnRateLimit: true,
    httpAgent: false,
    fetch: async (input, init) => new Response(await rpcFetch(String(input), init), { status: 200 }),
  })
  return { connection, PublicKey: Key }
}

// What a node says is not repeated: it may quote the key it was called with.
function withoutItsWords(error: unknown): unknown {
  const { name, code } = error instanceof Error ? (error as Error & { code?: unknown }) : {}
  if (name === 'StructError') return new Error('the answer has not the form of one')
  if (name !== 'SolanaJSONRPCError') return error
  const message = `the node answered with error ${Number.isInteger(code) ? code : 'of no code'}`
  return code === INVALID_PARAMS ? new UnusableAnswer(message) : new Error(message)
}

function idOf(json: string): unknown {
  try {
    return JSON.parse(json)?.id
  } catch {
    throw new Error('the answer is not JSON')
  }
}

// A rejection that is not an Error would leave the library's call pending for ever.
async function rpcFetch(url: string, init: { body?: unknown } | undefined): Promise<string> {
  const body = String(init?.body)
  const headers = { 'Content-Type': 'application/json' }
  const signal = currentSignal.getStore() ?? null
  try {
    const answer = await cappedFetch(url, { method: 'POST', headers, body, signal })
    if (idOf(answer) !== idOf(body)) throw new Error('the answer is to another question')
    return answer
  } catch (error) {
    if (error instanceof AnswerTooLarge) throw new UnusableAnswer(error.message, { cause: error })
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

type AnyAccount = AccountInfo<Buffer | ParsedAccountData>

interface Reading {
  readonly slot: number
  readonly accounts: readonly { readonly pubkey: PublicKey; readonly account: AnyAccount }[]
  readonly exact: boolean
}

// SOL can be sent to the address of a token account that is not there; that makes no token account of it.
function isBare({ owner, data }: AnyAccount): boolean {
  return owner.toBase58() === SYSTEM_PROGRAM && !('parsed' in data) && data.length === 0
}

function sum(
  accounts: Reading['accounts'],
  asked: BalanceQuery,
): { amount: bigint; decimals: number | undefined } {
  let amount = 0n
  let decimals: number | undefined
  const seen = new Set<string>()
  for (const { pubkey, account } of accounts) {
    const address = pubkey.toBase58()
    if (seen.has(address)) throw new UnusableAnswer('the answer names an account twice')
    seen.add(address)
    const held = readAccount(account, asked)
    if (decimals !== undefined && decimals !== held.decimals)
      throw new UnusableAnswer("accounts disagree on the mint's decimals")
    decimals = held.decimals
    if (held.counts) amount += held.amount
  }
  return { amount, decimals }
}

const AMOUNT = /^\d{1,20}$/
const MAX_AMOUNT = 2n ** 64n - 1n

// Every line of an answer is checked: what is not what was asked for is an outage, never zero.
function readAccount(account: AnyAccount, asked: BalanceQuery) {
  if (!TOKEN_PROGRAMS.has(account.owner.toBase58()))
    throw new UnusableAnswer('an account belongs to no token program')
  const { type, info } = ('parsed' in account.data ? account.data.parsed : undefined) ?? {}
  if (type !== 'account') throw new UnusableAnswer('an account is not a token account')
  if (info?.mint !== asked.mint) throw new UnusableAnswer('an account is of another mint')
  if (info.owner !== asked.owner) throw new UnusableAnswer('an account is of another owner')
  if (info.state !== 'initialized' && info.state !== 'frozen')
    throw new UnusableAnswer('an account has no known state')
  const { amount, decimals } = info.tokenAmount ?? {}
  if (typeof amount !== 'string' || !AMOUNT.test(amount)) throw new UnusableAnswer('an account has no amount')
  const units = BigInt(amount)
  if (units > MAX_AMOUNT) throw new UnusableAnswer('an account has more than there can be')
  if (!isDecimals(decimals)) throw new UnusableAnswer('an account has no decimals')
  return { amount: units, decimals, counts: info.state === 'initialized' }
}

function mintDecimals(account: AnyAccount | null): number {
  if (account === null) throw new UnusableAnswer('the mint does not exist')
  const parsed = 'parsed' in account.data ? account.data.parsed : undefined
  if (!TOKEN_PROGRAMS.has(account.owner.toBase58()) || parsed?.type !== 'mint')
    throw new UnusableAnswer('it is not a mint')
  if (!isDecimals(parsed.info?.decimals)) throw new UnusableAnswer('the mint has no decimals')
  return parsed.info.decimals
}

// fetch() refuses a URL with a user name or a password at every call.
function isRpcUrl(text: unknown): boolean {
  if (!isHttpUrl(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

function problemsOf(options: SolanaBalancesOptions): string[] {
  if (!isOptions(options)) return ['solanaBalances must be given options, at least { rpcUrl }']
  const problems = unknownOptions('solanaBalances', options, OPTIONS)
  const { rpcUrl, rpcUrls, commitment, timeoutMs } = options
  if ((rpcUrl === undefined) === (rpcUrls === undefined)) {
    problems.push('solanaBalances needs either rpcUrl or rpcUrls')
  }
  // The URL itself is not repeated: it may carry a key.
  if (rpcUrl !== undefined && !isRpcUrl(rpcUrl)) {
    problems.push('solanaBalances.rpcUrl must be an http or https URL without a password')
  }
  if (rpcUrls !== undefined && !(Array.isArray(rpcUrls) && rpcUrls.length > 0 && rpcUrls.every(isRpcUrl))) {
    problems.push('solanaBalances.rpcUrls must be a list of http or https URLs without passwords')
  }
  if (commitment !== undefined && !COMMITMENTS.includes(commitment)) {
    problems.push(`solanaBalances.commitment must be one of ${COMMITMENTS.join(', ')}`)
  }
  return [...problems, ...timeoutProblems('solanaBalances.timeoutMs', timeoutMs)]
}
