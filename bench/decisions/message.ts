import { type GateRequest, toGateRequest } from 'sallyport'
import type { Fields } from '../credentials.js'
import { PATH } from '../servers/side.js'
import { freshCopies } from './subject.js'

/** Node's message, as far as an adapter reads it. */
export interface Message {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly ip: string
}

/** Makes the message of one request after another: new objects, and new strings in them, as Node does. */
export function createMessages(fields: Fields): () => Message {
  const all = { host: 'api.bench.example', connection: 'keep-alive', ...fields }
  const copies = Object.entries(all).map(([name, value]) => [freshCopies(name), freshCopies(value)] as const)
  return () => {
    const rawHeaders: string[] = []
    const headers: Record<string, string> = {}
    for (const [copyName, copyValue] of copies) {
      const name = copyName()
      const value = copyValue()
      rawHeaders.push(name, value)
      headers[name] = value
    }
    return { method: 'GET', url: PATH, rawHeaders, headers, ip: '127.0.0.1' }
  }
}

/** The snapshot of a message, as adapters take it. */
export function requestOf(message: Message): GateRequest {
  return toGateRequest(message, message.url, message, () => PATH)
}
