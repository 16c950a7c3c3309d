import type { IncomingMessage, ServerResponse } from 'node:http'
import { setInterval } from 'node:timers'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type CallCount,
  callLog,
  parseRpcBody,
  type RpcBody,
  type RpcRequest,
  readBody,
} from './json-rpc-body.js'
import { listenOnLoopback } from './loopback.js'
import { type FaultAccount, type FaultMint, RpcError, stringifyAnswer, tokenTable } from './token-table.js'

export type { FaultAccount, FaultMint } from './token-table.js'

/** Answers whose HTTP exchange, JSON or envelope is wrong, whatever was asked. */
export const answerFaults = [
  'http-429',
  'http-500',
  'empty-body',
  'garbage',
  'half-json',
  'redirect',
  'redirect-307',
  'silent',
  'slow-body',
  'huge-body',
  'endless-body',
  'reset',
  'wrong-id',
  'rpc-error',
  'no-result',
  'null-value',
  'result-string',
  'missing-slot',
] as const

/**
 * Well-formed answers with a bad `tokenAmount.amount` in each account. They show only where an answer has a
 * parsed token account in it; answers about mints, and in bytes, stay healthy.
 */
export const amountFaults = [
  'amount-not-digits',
  'amount-number',
  'amount-empty',
  'amount-hex',
  'amount-overflow',
  'amount-missing',
  'negative-amount',
] as const

/** Every fault, without 'none'. */
export const faults = [...answerFaults, ...amountFaults] as const

type AmountFault = (typeof amountFaults)[number]
export type Fault = 'none' | (typeof faults)[number]

/** A loopback JSON-RPC server over a table of token accounts, which can be made to fail in each of the `faults`. */
export interface FaultRpc extends CallCount {
  readonly url: string
  /** How the following answers fail; read when a call has arrived in full. */
  fault: Fault
  /** Where set, `fault` strikes this method only and other methods are answered well. */
  faultyMethod: string | undefined
  /** How long every answer is held back, good or bad. */
  delayMs: number
  setMint(mint: string, options: FaultMint): void
  /** Replaces what `owner` has of `mint`. The mint must be set; without accounts set, an owner has none. */
  setAccounts(owner: string, mint: string, accounts: readonly FaultAccount[]): void
  setSlot(slot: number): void
  /** Sends SOL to an address, as anybody can. */
  setLamports(address: string): void
  /** Every call since the last reset, with its parameters. */
  requests(): readonly RpcRequest[]
  /** How often a client went where a 'redirect' fault pointed. Such visits are no calls. */
  redirectsFollowed(): number
  /** Closes the listener and destroys every connection, answered or not. */
  close(): Promise<void>
}

const redirectPath = '/redirected'
const hugeBodyBytes = 2 * 1024 * 1024
const trickleMs = 20

const badAmounts: Readonly<Record<AmountFault, unknown>> = {
  'amount-not-digits': '12abc',
  'amount-number': 12,
  'amount-empty': '',
  'amount-hex': '0x10',
  'amount-overflow': '18446744073709551616',
  'amount-missing': undefined,
  'negative-amount': '-1',
}

const jsonType = { 'content-type': 'application/json; charset=utf-8' }

export async function startFaultRpc(): Promise<FaultRpc> {
  const { add, ...log } = callLog()
  const table = tokenTable()
  let redirectsFollowed = 0
  let redirected: RpcBody | undefined

  function respond(outgoing: ServerResponse, body: RpcBody, fault: Fault): void {
    const answers = body.calls.map((call) => envelope(call, strikes(call) ? fault : 'none'))
    const text = stringifyAnswer(body.batch ? answers : answers[0])
    switch (body.calls.some(strikes) ? fault : 'none') {
      case 'http-429': {
        const error = { code: 429, message: 'Too many requests for a specific RPC call' }
        const refusal = { jsonrpc: '2.0', error, id: body.calls[0]?.id ?? null }
        outgoing.writeHead(429, { ...jsonType, 'retry-after': '10' }).end(JSON.stringify(refusal))
        return
      }
      case 'http-500':
        // A good answer under a bad status, which nobody may take for one.
        outgoing.writeHead(500, jsonType).end(text)
        return
      case 'empty-body':
        outgoing.writeHead(200, jsonType).end()
        return
      case 'garbage':
        outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<html><h1>502 Bad Gateway</h1></html>')
        return
      case 'half-json':
        outgoing.writeHead(200, { ...jsonType, 'content-length': Buffer.byteLength(text) })
        outgoing.write(text.slice(0, text.length / 2), () => outgoing.destroy())
        return
      case 'redirect':
      case 'redirect-307':
        redirected = body
        outgoing.writeHead(fault === 'redirect' ? 302 : 307, { location: redirectPath }).end()
        return
      case 'silent':
        return
      case 'slow-body':
        trickle(outgoing)
        return
      case 'huge-body':
        outgoing.writeHead(200, jsonType).end(`${text}${' '.repeat(hugeBodyBytes)}`)
        return
      case 'endless-body':
        flood(outgoing)
        return
      case 'reset':
        outgoing.socket?.resetAndDestroy()
        return
      default:
        outgoing.writeHead(200, jsonType).end(text)
    }
  }

  function strikes({ method }: RpcRequest): boolean {
    return rpc.faultyMethod === undefined || rpc.faultyMethod === method
  }

  function envelope(call: RpcRequest, fault: Fault): Record<string, unknown> {
    if (fault === 'wrong-id') return { jsonrpc: '2.0', ...outcome(call, fault), id: otherId(call.id) }
    return { jsonrpc: '2.0', ...outcome(call, fault), id: call.id }
  }

  function outcome(call: RpcRequest, fault: Fault): Record<string, unknown> {
    if (fault === 'no-result') return {}
    if (fault === 'result-string') return { result: 'ok' }
    if (fault === 'rpc-error') {
      const data = { numSlotsBehind: 150 }
      return { error: { code: -32005, message: 'Node is behind by 150 slots', data } }
    }
    try {
      return { result: spoil(table.answer(call), fault) }
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      const { code, message, data } = error
      return { error: { code, message, data } }
    }
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const received = await readBody(incoming)
    if (incoming.url === redirectPath && redirected !== undefined) {
      redirectsFollowed += 1
      respond(outgoing, redirected, 'none')
      return
    }
    const body = parseRpcBody(received)
    add(body.calls)
    const { fault } = rpc
    if (rpc.delayMs > 0) await delay(rpc.delayMs, undefined, { ref: false })
    respond(outgoing, body, fault)
  }

  const loopback = await listenOnLoopback((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  })

  const rpc: FaultRpc = {
    ...log,
    url: loopback.url,
    fault: 'none',
    faultyMethod: undefined,
    delayMs: 0,
    setMint: table.setMint,
    setAccounts: table.setAccounts,
    setSlot: table.setSlot,
    setLamports: table.setLamports,
    reset() {
      log.reset()
      redirectsFollowed = 0
    },
    redirectsFollowed: () => redirectsFollowed,
    close: () => loopback.stop(),
  }
  return rpc
}

/** A healthy result with the one thing changed that the fault is about. */
function spoil(result: unknown, fault: Fault): unknown {
  const { context, value } = result as { context: { slot: number }; value: unknown }
  if (fault === 'null-value') return { context, value: null }
  if (fault === 'missing-slot') return { context: { ...context, slot: undefined }, value }
  if (isAmountFault(fault) && Array.isArray(value)) {
    for (const entry of value as ({ account?: { data: { parsed: { info: ParsedInfo } } } } | null)[]) {
      if (entry?.account !== undefined) entry.account.data.parsed.info.tokenAmount.amount = badAmounts[fault]
    }
  }
  return result
}

interface ParsedInfo {
  readonly tokenAmount: { amount: unknown }
}

function isAmountFault(fault: Fault): fault is AmountFault {
  return fault in badAmounts
}

function otherId(id: unknown): unknown {
  return typeof id === 'number' ? id + 1 : `not ${id}`
}

/** Headers and the start of an answer at once, then a byte now and then for as long as the client stays. */
function trickle(outgoing: ServerResponse): void {
  outgoing.writeHead(200, jsonType).write('{"jsonrpc":"2.0",')
  const timer = setInterval(() => outgoing.write(' '), trickleMs).unref()
  outgoing.on('close', () => clearInterval(timer))
}

/** As much body as the client will read. */
function flood(outgoing: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  outgoing.writeHead(200, jsonType).write('{"jsonrpc":"2.0",')
  const pour = () => {
    while (!outgoing.destroyed && outgoing.write(chunk));
  }
  outgoing.on('drain', pour)
  pour()
}
