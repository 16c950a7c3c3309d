import { listenOnLoopback } from '../../support/rpc/loopback.js'

/** One JSON-RPC call as it came in. */
export interface RawCall {
  readonly id: unknown
  readonly method: string
}

/**
 * A server that answers whatever the test says, however malformed: a text as it stands, anything else as JSON.
 *
 * @returns What `run` returns; the server is gone by then.
 */
export async function withRawRpc<T>(
  answer: (call: RawCall) => unknown,
  run: (url: string) => Promise<T>,
): Promise<T> {
  const server = await listenOnLoopback(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const body = answer(JSON.parse(Buffer.concat(chunks).toString()))
    outgoing.writeHead(200, { 'content-type': 'application/json' })
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  try {
    return await run(server.url)
  } finally {
    await server.stop()
  }
}
