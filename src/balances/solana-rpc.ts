import { AsyncLocalStorage } from 'node:async_hooks'
import type { Connection, PublicKey } from '@solana/web3.js'
import { AnswerTooLarge, cappedFetch } from '../capped-fetch.js'
import type { CallOptions } from '../ports/call-options.js'
import { UnusableAnswer } from './breaker.js'

/** What a call is made with: the library's connection to one node. */
export interface Client {
  readonly connection: Connection
  readonly PublicKey: typeof PublicKey
}

/** Calls a node under the caller's signal. Whatever is not a sound answer is a rejection. */
export type Rpc = <T>(options: CallOptions, ask: (client: Client) => Promise<T>) => Promise<T>

/** What the chain must have agreed on. */
export type Commitment = 'processed' | 'confirmed' | 'finalized'

// The library takes one fetch for all calls of a connection, but every call has a signal of its own.
const currentSignal = new AsyncLocalStorage<AbortSignal>()

// JSON-RPC 2.0 §5.1: also how a node says that it knows no such mint.
const INVALID_PARAMS = -32_602

/** Makes what calls one node. `@solana/web3.js` is loaded at the first call, here and nowhere else. */
export function createRpc(url: string, commitment: Commitment): Rpc {
  let client: Promise<Client> | undefined
  return async ({ signal }, ask) => {
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
}

async function connect(url: string, commitment: Commitment): Promise<Client> {
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
