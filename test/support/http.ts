import { connect } from 'node:net'

/** A request byte for byte: what no well-behaved client would send must be sendable. */
export interface RawRequest {
  readonly method?: string
  /** The request target, written as it is. */
  readonly target: string
  /** Written in order, repeated names and all. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** A string is sent as UTF-8. */
  readonly body?: string | Uint8Array
}

export interface RawResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** The body read as JSON. */
  json(): Record<string, unknown>
}

/** Sends one request over a socket of its own and reads the whole answer. */
export function send(origin: string, request: RawRequest): Promise<RawResponse> {
  const { hostname, port } = new URL(origin)
  const { method = 'GET', target, headers = [] } = request
  const body = request.body === undefined ? undefined : Buffer.from(request.body)
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${body.byteLength}`]),
  ]
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      const text = Buffer.concat(chunks)
      if (text.length === 0) reject(new Error('the server closed the connection without an answer'))
      else resolve(parseResponse(text))
    })
    const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
    socket.write(body === undefined ? head : Buffer.concat([head, body]))
  })
}

function parseResponse(bytes: Buffer): RawResponse {
  const split = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...headerLines] = bytes.subarray(0, split).toString('latin1').split('\r\n')
  const headers = new Map(
    headerLines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const rest = bytes.subarray(split + 4)
  const body = (headers.get('transfer-encoding') === 'chunked' ? unchunk(rest) : rest).toString('utf8')
  return { status: Number(statusLine.split(' ')[1]), headers, body, json: () => JSON.parse(body) }
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16)
    if (!(size > 0)) return Buffer.concat(parts)
    parts.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}
