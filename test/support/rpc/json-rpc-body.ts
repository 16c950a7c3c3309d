import type { IncomingMessage } from 'node:http'

/** One call of a request body. Of a body that is no JSON-RPC, `method` is the empty string. */
export interface RpcRequest {
  readonly id: unknown
  readonly method: string
  readonly params: readonly unknown[]
}

export interface RpcBody {
  readonly calls: readonly RpcRequest[]
  /** Whether the calls came in an array, and the answers must go in one. */
  readonly batch: boolean
}

export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export function parseRpcBody(body: Buffer): RpcBody {
  const parsed = parseJson(body)
  return Array.isArray(parsed)
    ? { calls: parsed.map(toRequest), batch: true }
    : { calls: [toRequest(parsed)], batch: false }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

function toRequest(value: unknown): RpcRequest {
  const { id = null, method, params } = (value ?? {}) as { id?: unknown; method?: unknown; params?: unknown }
  return {
    id,
    method: typeof method === 'string' ? method : '',
    params: Array.isArray(params) ? params : [],
  }
}

/** Counts calls when they arrive, whether or not they are ever answered; a batch counts each of its calls. */
export interface CallCount {
  calls(): number
  callsOf(method: string): number
  /** Back to zero. */
  reset(): void
}

export interface CallLog extends CallCount {
  add(calls: readonly RpcRequest[]): void
  /** Every call since the last reset, in order of arrival. */
  requests(): readonly RpcRequest[]
}

export function callLog(): CallLog {
  let seen: RpcRequest[] = []
  return {
    add: (calls) => {
      seen.push(...calls)
    },
    requests: () => [...seen],
    calls: () => seen.length,
    callsOf: (method) => seen.filter((call) => call.method === method).length,
    reset: () => {
      seen = []
    },
  }
}
