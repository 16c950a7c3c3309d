import { connect, type Socket } from 'node:net'
import { type RawResponse, send } from './http.js'
import type { RunningSpendApp } from './spend-app.js'
import type { Headers } from './spend-world.js'

const TARGET = '/v1/orders/north'
const JSON_TYPE = ['Content-Type', 'application/json'] as const

/** What an order is sent with. */
export interface OrderOptions {
  readonly headers: Headers
  readonly key?: string
  readonly target?: string
  /** Sent as it is, in place of JSON. */
  readonly raw?: { readonly mediaType: string; readonly text: string }
}

/** Posts an order, and waits for the whole answer. */
export function order(
  app: RunningSpendApp,
  body: unknown,
  { headers, key, target = TARGET, raw }: OrderOptions,
): Promise<RawResponse> {
  const text = raw?.text ?? (body === undefined ? undefined : JSON.stringify(body))
  const type = raw === undefined ? JSON_TYPE : (['Content-Type', raw.mediaType] as const)
  return send(app.origin, {
    method: 'POST',
    target,
    headers: [...headers, ...keyed(key), ...(text === undefined ? [] : [type])],
    ...(text !== undefined && { body: text }),
  })
}

/** Posts an order on a socket that the test may end at any moment. */
export function openOrder(app: RunningSpendApp, body: unknown, headers: Headers, key?: string): Socket {
  const { hostname, port } = new URL(app.origin)
  const socket = connect(Number(port), hostname)
  // What comes back, and that it ends, is for the test to look at.
  socket.on('error', () => undefined)
  writeOrder(socket, body, headers, key)
  return socket
}

/** Posts an order on a socket that may have others under way. */
export function writeOrder(socket: Socket, body: unknown, headers: Headers, key?: string): void {
  const text = JSON.stringify(body)
  socket.write(
    [
      `POST ${TARGET} HTTP/1.1`,
      'Host: shop.example',
      `Content-Length: ${Buffer.byteLength(text)}`,
      ...[...headers, ...keyed(key), JSON_TYPE].map(([name, value]) => `${name}: ${value}`),
      '',
      text,
    ].join('\r\n'),
  )
}

function keyed(key: string | undefined): Headers {
  return key === undefined ? [] : [['Idempotency-Key', key]]
}

/** Something that a test waits for. */
export interface Signal {
  readonly given: Promise<void>
  give(): void
}

/** Makes a signal. */
export function signal(): Signal {
  let give: () => void = () => undefined
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give }
}
