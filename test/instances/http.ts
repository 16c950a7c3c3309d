import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: object
}

/** An answer that came whole. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  json(): Record<string, unknown>
  /** Wall clock, milliseconds: before the first byte was sent, and after the last was read. */
  readonly sentAtMs: number
  readonly receivedAtMs: number
}

/** Some connections to one origin, which are kept open. */
export interface Client {
  /** Rejects where the answer did not come whole. */
  ask(what: Ask): Promise<Answer>
  close(): void
}

const TIMEOUT_MS = 20_000

export function connectTo(origin: string, connections: number): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })

  function ask({ method = 'GET', path, headers = {}, body }: Ask): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const content = text !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }
    return new Promise((resolve, reject) => {
      const sentAtMs = Date.now()
      const message = request(`${origin}${path}`, { agent, method, headers: { ...headers, ...content } })
      message.setTimeout(TIMEOUT_MS, () => message.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
      message.on('error', reject)
      message.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const whole = Buffer.concat(chunks).toString()
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: whole,
            json: () => JSON.parse(whole) as Record<string, unknown>,
            sentAtMs,
            receivedAtMs: Date.now(),
          })
        })
      })
      message.end(text)
    })
  }

  return { ask, close: () => agent.destroy() }
}
