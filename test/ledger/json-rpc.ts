import { request } from 'node:http'

/** Sends one JSON-RPC call and returns its `result`; an `error` in the answer is thrown. */
export type RpcCall = (method: string, params?: readonly unknown[]) => Promise<unknown>

const callTimeoutMs = 10_000

interface RpcAnswer {
  readonly result?: unknown
  readonly error?: { readonly message: string; readonly data?: unknown }
}

/**
 * A JSON-RPC caller that uses a new connection for every call: nothing is pooled, so nothing is left to keep
 * the process alive and no call can meet a socket the server has just closed. It does not go through the
 * global `fetch`, which tests replace.
 */
export function rpcCaller(url: string): RpcCall {
  return async (method, params = []) => {
    const answer = (await post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) as RpcAnswer
    if (answer.error !== undefined) {
      const data = answer.error.data === undefined ? '' : ` ${JSON.stringify(answer.error.data)}`
      throw new Error(`${method}: ${answer.error.message}${data}`)
    }
    return answer.result
  }
}

function post(url: string, body: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent: false,
        timeout: callTimeoutMs,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString()))
          } catch (error) {
            reject(error)
          }
        })
      },
    )
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`the ledger gave no answer in ${callTimeoutMs} ms`)),
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
