import type { ClientErrorCode } from './error-code.js'
import { RequestError } from './errors.js'
import type { Scrub } from './scrub.js'

/** Where credentials may go. */
export interface Base {
  readonly origin: string
  /** Origin and path, without a slash at the end. */
  readonly prefix: string
}

/** A request that may be sent, and what decides whether it may be sent twice. */
export interface Call {
  readonly target: string | Request
  readonly init: RequestInit
  readonly method: string
  /** Without the client's own. */
  readonly headers: Headers
  readonly signal: AbortSignal | undefined
  /** Whether the body, if any, is still there after it was sent. */
  readonly replayable: boolean
  /** Whether being carried out twice is as good as once. */
  readonly idempotent: boolean
}

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
// A browser reads `//host` and `/\host` as another host.
const FOREIGN_PATH = /^[\\/]{2}/

/**
 * Checks and completes what `fetch` was given.
 *
 * @throws RequestError where it must not be sent.
 */
export function prepareCall(
  input: string | URL | Request,
  init: RequestInit,
  base: Base,
  walletHeader: string,
  scrub: Scrub,
): Call {
  const request = input instanceof Request ? input : undefined
  const href = resolveUrl(request === undefined ? String(input) : request.url, base)
  const body = init.body ?? request?.body ?? undefined
  const { method, headers } = checked(href, request, init, body !== undefined, scrub)
  for (const name of ['authorization', walletHeader]) {
    if (headers.has(name))
      throw refusal(
        'header_refused',
        `${name} is the client's to set: give credential and wallet to createClient`,
      )
  }
  return {
    target: request ?? href,
    init,
    method,
    headers,
    signal: followed(init.signal ?? request?.signal),
    replayable: body === undefined || isReplayable(body),
    idempotent: IDEMPOTENT.has(method) || Boolean(headers.get('idempotency-key')),
  }
}

function resolveUrl(text: string, { origin, prefix }: Base): string {
  const isPath = text.startsWith('/') && !FOREIGN_PATH.test(text)
  const whole = isPath ? prefix + text : text
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  if (url === undefined && !FOREIGN_PATH.test(text)) {
    throw refusal('request_invalid', 'The URL must be a path that begins with /, or a whole URL')
  }
  if (url?.origin !== origin) {
    throw refusal('origin_refused', `Credentials are sent to ${origin} alone, and this URL is elsewhere`)
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal('request_invalid', 'The URL must have no user name and no password')
  }
  return url.href
}

// What `fetch` would throw for a malformed request looks like a failure of the network, which would be tried again.
function checked(
  href: string,
  request: Request | undefined,
  init: RequestInit,
  hasBody: boolean,
  scrub: Scrub,
): { readonly method: string; readonly headers: Headers } {
  try {
    const headers = new Headers(init.headers ?? request?.headers)
    const method = init.method ?? request?.method ?? 'GET'
    const probe = new Request(href, { ...init, method, headers, body: hasBody ? '' : null, signal: null })
    return { method: probe.method, headers }
  } catch (error) {
    throw refusal(
      'request_invalid',
      scrub(error instanceof Error ? error.message : 'The request is malformed'),
    )
  }
}

// One signal may be given to any number of calls at once: each listens to one of its own.
function followed(signal: AbortSignal | undefined): AbortSignal | undefined {
  return signal && AbortSignal.any([signal])
}

function isReplayable(body: unknown): boolean {
  if (typeof body === 'string' || ArrayBuffer.isView(body)) return true
  return [ArrayBuffer, Blob, FormData, URLSearchParams].some((type) => body instanceof type)
}

function refusal(code: ClientErrorCode, message: string): RequestError {
  return new RequestError(message, { code })
}
