import { systemClock } from '../../system-clock.js'
import { describeCause } from '../../telemetry/redact.js'
import { TIMEOUT_MS } from '../open-store.js'

/** What an RPC endpoint has answered. */
export interface NodeAnswer {
  /** Of the quicker of two calls, connections being made before; absent where there was no answer. */
  readonly tookMs?: number
  /** Why it cannot be relied on. */
  readonly problem?: string
  /** By how much its clock is ahead of this machine's, in milliseconds, give or take a second. */
  readonly aheadMs?: number
}

const MAX_BODY_BYTES = 65_536
// JSON-RPC 2.0 §5.1, for a provider that hides this one method: an answer all the same.
const METHOD_NOT_FOUND = -32_601
const QUESTION = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getHealth' })

/** Asks a node how it is, twice: the first call makes the connection. Never rejects. */
export async function askNode(url: string): Promise<NodeAnswer> {
  const first = await ask(url)
  if (first.tookMs === undefined || first.problem !== undefined) return first
  const second = await ask(url)
  return second.tookMs === undefined ? second : { ...second, tookMs: Math.min(first.tookMs, second.tookMs) }
}

async function ask(url: string): Promise<NodeAnswer> {
  const beganMs = systemClock.monotonicMs()
  const wallMs = systemClock.wallMs()
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: QUESTION,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const tookMs = systemClock.monotonicMs() - beganMs
    const text = await readCapped(response)
    const aheadMs = aheadOf(response.headers, wallMs + tookMs / 2)
    const problem =
      response.status === 200 ? problemOf(text) : `it answers with HTTP status ${response.status}`
    return { tookMs, ...(aheadMs !== undefined && { aheadMs }), ...(problem !== undefined && { problem }) }
  } catch (error) {
    return { problem: `it does not answer: ${describeCause(error)}` }
  }
}

async function readCapped({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.byteLength
    if (length > MAX_BODY_BYTES) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

// Date is cut to the second; a cache says in Age how long it has had the answer.
function aheadOf(headers: Headers, midMs: number): number | undefined {
  const dateMs = Date.parse(headers.get('date') ?? '')
  const ageSeconds = Number(headers.get('age') ?? 0)
  if (Number.isNaN(dateMs) || !Number.isFinite(ageSeconds)) return undefined
  return dateMs + 500 + ageSeconds * 1000 - midMs
}

function problemOf(text: string): string | undefined {
  const answer = parse(text)
  if (answer?.jsonrpc !== '2.0') return 'its answer is not that of an RPC endpoint'
  const code = (answer.error as { code?: unknown } | undefined)?.code
  if (answer.error === undefined || code === METHOD_NOT_FOUND) return undefined
  return `it says that it is not well (error ${Number.isInteger(code) ? code : 'of no code'})`
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
