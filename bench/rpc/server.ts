/** A node of a small chain, in a process of its own: it counts what it is asked, and can take its time to answer. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerParent } from '../child.js'
import { type Call, chainTable, type Holdings } from './chain-table.js'

/** Requests since the last count, by method. */
export type RpcCounts = Readonly<Record<string, number>>

const table = chainTable()
let counts: Record<string, number> = {}
let delayMs = 0

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const call = JSON.parse(Buffer.concat(chunks).toString()) as Call
  counts[call.method] = (counts[call.method] ?? 0) + 1
  const answer = JSON.stringify({ jsonrpc: '2.0', id: call.id, result: table.answer(call) })
  setTimeout(() => outgoing.writeHead(200, { 'content-type': 'application/json' }).end(answer), delayMs)
}

const server = createServer((incoming, outgoing) => {
  serve(incoming, outgoing).catch(() => outgoing.destroy())
})

answerParent({
  listen: () =>
    new Promise<string>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      })
    }),
  hold: (holdings) => table.hold(holdings as Holdings),
  delay: (ms) => {
    delayMs = Number(ms)
  },
  count: (): RpcCounts => {
    const counted = counts
    counts = {}
    return counted
  },
})
