import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { type ApiKeyClientOptions, createClient, SallyportError } from '../../src/client/index.js'

export const API_KEY = `acto_${'K'.repeat(43)}`
export const SECRET = 'sec_0123456789abcdefghijklmnopqrstuv'
export const KEY_ID = 'api_key_robot'

/** What a server was sent. */
export interface Seen {
  readonly method: string
  readonly target: string
  /** Names in lower case, in the order and number they came in. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  header(name: string): string | undefined
}

/** What a server answers. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Whatever is no string is written as JSON. */
  readonly body?: unknown
}

export type Act =
  | Answer
  | 'drop'
  | 'hang'
  | ((seen: Seen, response: ServerResponse) => Answer | undefined | Promise<Answer | undefined>)

export interface TestServer {
  readonly origin: string
  readonly requests: readonly Seen[]
}

/** A real HTTP server that answers in this order, the last answer for ever. It ends with the test. */
export async function serve(...acts: readonly Act[]): Promise<TestServer> {
  const requests: Seen[] = []
  const server = createServer(async (request, response) => {
    const seen = await readRequest(request)
    requests.push(seen)
    const act = acts[Math.min(requests.length, acts.length) - 1] ?? {}
    if (act === 'drop') request.socket.destroy()
    else if (act !== 'hang') {
      const answer = typeof act === 'function' ? await act(seen, response) : act
      if (answer !== undefined) write(response, answer)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

async function readRequest(request: IncomingMessage): Promise<Seen> {
  const headers = request.rawHeaders.flatMap((name, at, all) =>
    at % 2 === 0 ? [[name.toLowerCase(), all[at + 1] ?? ''] as const] : [],
  )
  let body = ''
  for await (const chunk of request) body += chunk
  const { method = '', url: target = '' } = request
  const header = (name: string) => headers.find(([known]) => known === name)?.[1]
  return { method, target, headers, body, header }
}

function write(response: ServerResponse, { status = 200, headers = {}, body = { ok: true } }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(text)
}

/** A refusal as a gate writes it. */
export function problem(
  status: number,
  code: string,
  { headers = {}, ...members }: { headers?: Record<string, string>; [member: string]: unknown } = {},
): Answer {
  const type = `urn:sallyport:problem:${code}`
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
    body: { type, title: code, status, code, decision_id: 'dec_1', retryable: false, ...members },
  }
}

/** An outage as a gate writes it. */
export const outage = (code = 'dependency_unavailable', retryAfter = '2') =>
  problem(503, code, { retryable: true, headers: { 'Retry-After': retryAfter } })

/** A client of a server, and the waits between its tries, which take no time. */
export function clientOf({ origin }: TestServer, options: Partial<ApiKeyClientOptions> = {}) {
  const waits: number[] = []
  const sleep = async (ms: number) => void waits.push(ms)
  return { client: createClient({ baseUrl: origin, apiKey: API_KEY, sleep, ...options }), waits }
}

/** The error that a call ends with. */
export async function errorOf(call: Promise<unknown>): Promise<SallyportError> {
  const ended = await call.then(
    () => new Error('the call succeeded'),
    (error: unknown) => error,
  )
  if (!(ended instanceof SallyportError)) throw ended
  return ended
}

/** Expects waits of about these lengths: what is asked for, and at most half a second more. */
export function expectWaits(waits: readonly number[], asked: readonly number[]): void {
  expect(waits).toHaveLength(asked.length)
  for (const [at, ms] of asked.entries()) {
    expect(waits[at]).toBeGreaterThanOrEqual(ms)
    expect(waits[at]).toBeLessThan(ms + 500)
  }
}
