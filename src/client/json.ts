import { SallyportError } from './errors.js'

/** Reads a success as JSON; an empty body is `undefined`. */
export async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own error quotes the body.
    throw new SallyportError(`${response.status}: the body is not JSON`, {
      status: response.status,
      code: 'json_expected',
    })
  }
}

/** A request that carries `body` as JSON, or nothing where it is `undefined`, and asks for JSON. */
export function jsonRequest(method: string, init: RequestInit, body?: unknown): RequestInit {
  const headers = new Headers(init.headers)
  if (!headers.has('accept')) headers.set('Accept', 'application/json')
  if (body === undefined) return { ...init, method, headers }
  if (!headers.has('content-type')) headers.set('Content-Type', 'application/json')
  return { ...init, method, headers, body: JSON.stringify(body) }
}
