import { AsyncLocalStorage } from 'node:async_hooks'
import type { Connection, PublicKey } from '@solana/web3.js'
import { AnswerTooLarge, cappedFetch } from '../../capped-fetch.js'
import type { CallOptions } from '../../ports/call-options.js'
import { breaker, UnusableAnswer } from '../breaker.js'

/** The library, and its connection to one node. */
export interface Client {
  readonly connection: Connection
  readonly PublicKey: typeof PublicKey
}

/**
 * One node. What is not a sound answer is a rejection. All its calls, of whatever kind, stand under one breaker, which
 * counts requests, however many callers wait for one.
 */
export interface Rpc {
  /** Loads the library at the first call. */
  client(): Promise<Client>
  /** Asks through the library, under the caller's signal. */
  ask<T>(options: CallOptions, ask: (client: Client) => Promise<T>): Promise<T>
  /** Many accounts at once, each as the node has it: the library would refuse all for the sake of one. */
  accounts(options: CallOptions, addresses: readonly string[], maxBytes: number): Promise<RawAccounts>
}

/** Accounts as they were at a slot: as many as were asked for, in that order, and none of them looked at. */
export interface RawAccounts {
  readonly slot: number
  readonly accounts: readonly unknown[]
}

/** What the chain must have agreed on. */
export type Commitment = 'processed' | 'confirmed' | 'finalized'

// The library takes one fetch for all calls of a connection, but every call has a signal of its own.
const currentSignal = new AsyncLocalStorage<AbortSignal>()

// JSON-RPC 2.0 §5.1: also how a node says that it knows no such mint.
const INVALID_PARAMS = -32_602

/** Makes what calls one node. `@solana/web3.js` is loaded at the first call, here and nowhere else. */
export function createRpc(url: string, commitment: Commitment): Rpc {
  const href = new URL(url).href
  const whileWell = breaker()
  let connecting: Promise<Client> | undefined
  let lastId = 0

  function client(): Promise<Client> {
    connecting ??= connect(href, commitment).catch((error: unknown) => {
      // Where the library could not be loaded, the next reading tries again.
      connecting = undefined
      throw error
    })
    return connecting
  }

  return {
    client,
    ask: (options, ask) =>
      whileWell(options, async ({ signal }) => {
        const connected = await client()
        signal.throwIfAborted()
        try {
          return await currentSignal.run(signal, () => untilAborted(signal, ask(connected)))
        } catch (error) {
          throw withoutItsWords(error)
        }
      }),
    accounts: (options, addresses, maxBytes) =>
      whileWell(options, async ({ signal }) => {
        const config = { encoding: 'base64', commitment, dataSlice: { offset: 0, length: maxBytes } }
        const id = `accounts ${++lastId}`
        const body = { jsonrpc: '2.0', id, method: 'getMultipleAccounts', params: [addresses, config] }
        const answer = JSON.parse(await exchange(href, JSON.stringify(body), signal))
        return accountsIn(answer, addresses.length)
      }),
  }
}

async function connect(href: string, commitment: Commitment): Promise<Client> {
  const { Connection: Solana, PublicKey: Key } = await import('@solana/web3.js')
  const connection = new Solana(href, {
    commitment,
    // Its own answer to HTTP 429 is to wait for 7.5 seconds.
    disableRetryOnRateLimit: true,
    httpAgent: false,
    fetch: async (input, init) => {
      const signal = currentSignal.getStore() ?? null
      return new Response(await exchange(String(input), String(init?.body), signal), { status: 200 })
    },
  })
  return { connection, PublicKey: Key }
}

// What a node says is not repeated: it may quote the key it was called with.
function withoutItsWords(error: unknown): unknown {
  const { name, code } = error instanceof Error ? (error as Error & { code?: unknown }) : {}
  if (name === 'StructError') return new Error('the answer has not the form of one')
  return name === 'SolanaJSONRPCError' ? failureOf(code) : error
}

function failureOf(code: unknown): Error {
  const message = `the node answered with error ${Number.isInteger(code) ? code : 'of no code'}`
  return code === INVALID_PARAMS ? new UnusableAnswer(message) : new Error(message)
}

function accountsIn(answer: unknown, count: number): RawAccounts {
  const { jsonrpc, error, result } = answer as { jsonrpc?: unknown; error?: unknown; result?: unknown }
  if (error !== undefined) throw failureOf((error as { code?: unknown } | null)?.code)
  const { context, value } = (result ?? {}) as { context?: { slot?: unknown } | null; value?: unknown }
  const slot = context?.slot
  if (jsonrpc !== '2.0' || !isSlot(slot) || !Array.isArray(value)) {
    throw new Error('the answer has not the form of one')
  }
  if (value.length !== count) throw new Error('not every account is answered')
  return { slot, accounts: value }
}

function isSlot(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function idOf(json: string): unknown {
  try {
    return JSON.parse(json)?.id
  } catch {
    throw new Error('the answer is not JSON')
  }
}

// A rejection that is not an Error would leave the library's call pending for ever.
async function exchange(url: string, body: string, signal: AbortSignal | null): Promise<string> {
  const headers = { 'Content-Type': 'application/json' }
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
