import { createExchange } from './exchange.js'
import { jsonRequest, readJson } from './json.js'
import { type ClientOptions, readOptions } from './options.js'

/** What `fetch` takes, but for what the JSON verbs say themselves. */
export type JsonInit = Omit<RequestInit, 'method' | 'body'>

/**
 * A backend as its caller sees it. Every verb rejects with a {@link SallyportError} where the answer is no success, and
 * with the signal's reason where the caller's own signal is aborted. A `path` begins with `/` and is put behind
 * `baseUrl`; a whole URL must be of its origin.
 */
export interface SallyportClient {
  /**
   * `fetch` with the credential: resolves to the `Response` where that is 2xx or 304. The headers `Authorization` and
   * `X-Wallet-Address` are the client's to set, and redirects are never followed.
   *
   * @example
   * const response = await client.fetch('/v1/proofs/export', { signal })
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** The JSON at `path`; `undefined` where the body is empty. `T` is the caller's word for what that is. */
  readonly get: <T = unknown>(path: string | URL, init?: JsonInit) => Promise<T>
  /**
   * Posts `body` as JSON. Tried again only where nothing was carried out, or where an `Idempotency-Key` makes twice as
   * good as once.
   *
   * @example
   * await client.post('/v1/charges', { amount: '12.50' }, { headers: { 'Idempotency-Key': orderId } })
   */
  readonly post: <T = unknown>(path: string | URL, body?: unknown, init?: JsonInit) => Promise<T>
  /** As {@link SallyportClient.post}; tried again like `get`. */
  readonly put: <T = unknown>(path: string | URL, body?: unknown, init?: JsonInit) => Promise<T>
  /** As {@link SallyportClient.post}. */
  readonly patch: <T = unknown>(path: string | URL, body?: unknown, init?: JsonInit) => Promise<T>
  /** As {@link SallyportClient.get}. */
  readonly delete: <T = unknown>(path: string | URL, init?: JsonInit) => Promise<T>
}

/**
 * Makes a client of a guarded backend. One client is one credential and at most one wallet; it keeps nothing open.
 *
 * @example
 * const client = createClient({
 *   baseUrl: 'https://api.shop.example',
 *   apiKey: process.env.ACTO_API_KEY ?? '',
 *   wallet: process.env.ACTO_WALLET_ADDRESS ?? '',
 * })
 * const { items } = await client.get<{ items: Proof[] }>('/v1/proofs')
 *
 * @example
 * const processor = createClient({ baseUrl: 'https://api.shop.example', keyId, sharedSecret })
 *
 * @throws GateError where an option is unknown, missing or malformed: all of them at once, in `problems`.
 */
export function createClient(options: ClientOptions): SallyportClient {
  const exchange = createExchange(readOptions(options))

  async function json<T>(path: string | URL, init: RequestInit): Promise<T> {
    return (await exchange(path, init, readJson)) as T
  }

  return Object.freeze<SallyportClient>({
    fetch: (input, init = {}) => exchange(input, init, async (response) => response),
    get: async (path, init = {}) => json(path, jsonRequest('GET', init)),
    post: async (path, body, init = {}) => json(path, jsonRequest('POST', init, body)),
    put: async (path, body, init = {}) => json(path, jsonRequest('PUT', init, body)),
    patch: async (path, body, init = {}) => json(path, jsonRequest('PATCH', init, body)),
    delete: async (path, init = {}) => json(path, jsonRequest('DELETE', init)),
  })
}
