import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type CallCount, callLog, parseRpcBody, readBody } from './json-rpc-body.js'
import { listenOnLoopback } from './loopback.js'

/** Forwards JSON-RPC calls unchanged to another server, counts them, and can go away and come back. */
export interface RpcProxy extends CallCount {
  readonly url: string
  /** Afterwards a connection is refused, as by a server that is down. Counts are kept. */
  stop(): Promise<void>
  /** Serves the same port again. */
  restart(): Promise<void>
  /** Stops for good. */
  close(): Promise<void>
}

/** `upstreamUrl` must be an http: URL. Where it cannot be reached, the proxy answers 502. */
export async function startRpcProxy(upstreamUrl: string): Promise<RpcProxy> {
  const { add, calls, callsOf, reset } = callLog()
  const agent = new Agent({ keepAlive: true })

  function forward(body: Buffer, outgoing: ServerResponse): void {
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const upstream = request(upstreamUrl, { method: 'POST', agent, headers }, (answer) => {
      const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...endToEnd } = answer.headers
      outgoing.writeHead(answer.statusCode ?? 502, endToEnd)
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    upstream.on('error', () => {
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end()
    })
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) upstream.destroy()
    })
    upstream.end(body)
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (incoming.method !== 'POST') {
      outgoing.writeHead(405, { allow: 'POST' }).end()
      return
    }
    const body = await readBody(incoming)
    add(parseRpcBody(body).calls)
    forward(body, outgoing)
  }

  const loopback = await listenOnLoopback((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  })

  return {
    url: loopback.url,
    calls,
    callsOf,
    reset,
    stop: () => loopback.stop(),
    restart: () => loopback.restart(),
    async close() {
      await loopback.stop()
      agent.destroy()
    },
  }
}
