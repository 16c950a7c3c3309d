import { request } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import type { Body, Late, Step } from './step.js'

/** What came of a step. */
export interface Outcome {
  readonly status: number
  readonly code: string
  readonly rpcCalls: number
  /** Where it was not as the contract says: what. */
  readonly complaint: string | undefined
}

/** Takes one step against a running server, over a real socket. */
export async function perform(step: Step, port: number, rpc: { calls(): number }): Promise<Outcome> {
  await step.before?.()
  const before = rpc.calls()
  const { status, body } = await send(step, port)
  const rpcCalls = rpc.calls() - before
  const code = typeof body.code === 'string' ? body.code : ''
  step.after?.(body)
  return { status, code, rpcCalls, complaint: complain(step, { status, code, rpcCalls, body }) }
}

function complain(
  { expect }: Step,
  got: { readonly status: number; readonly code: string; readonly rpcCalls: number; readonly body: Body },
): string | undefined {
  if (got.status !== expect.status) return `status ${got.status} instead of ${expect.status}`
  if (got.code !== (expect.code ?? '')) return `code ${got.code} instead of ${expect.code ?? 'none'}`
  if (got.rpcCalls !== expect.rpcCalls) return `${got.rpcCalls} RPC calls instead of ${expect.rpcCalls}`
  const wrong = Object.entries(expect.body ?? {}).find(
    ([name, value]) => !isDeepStrictEqual(got.body[name], value),
  )
  return (
    wrong && `${wrong[0]} is ${JSON.stringify(got.body[wrong[0]])} instead of ${JSON.stringify(wrong[1])}`
  )
}

function now<T extends object | string>(value: Late<T>): T {
  return typeof value === 'function' ? value() : value
}

function send(
  { method = 'GET', path, headers: lateHeaders, body }: Step,
  port: number,
): Promise<{ readonly status: number; readonly body: Body }> {
  const headers = now(lateHeaders)
  const pairs: (readonly [string, string])[] = Array.isArray(headers) ? [...headers] : Object.entries(headers)
  const text = body === undefined ? undefined : JSON.stringify(now(body))
  if (text !== undefined) pairs.push(['Content-Type', 'application/json'])
  pairs.push(['Host', `127.0.0.1:${port}`], ['Content-Length', String(Buffer.byteLength(text ?? ''))])
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path: now(path),
      headers: pairs.flat(),
      agent: false,
    })
    outgoing.on('error', reject)
    outgoing.on('response', async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) })
    })
    outgoing.end(text)
  })
}
