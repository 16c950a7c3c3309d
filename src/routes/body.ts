import type { Readable } from 'node:stream'
import { Refused, refused } from '../decision.js'
import { type GateRequest, readHeader } from '../request.js'
import type { IncomingBody } from './endpoint.js'

/** Largest body that an endpoint of the gate's own reads, unless it takes larger ones. */
const MAX_BODY_BYTES = 16_384

const JSON_MEDIA_TYPE = /^application\/json[ \t]*(?:;.*)?$/i
const NOT_JSON = refused('body_invalid', { problem: 'The body is not valid JSON' })
const NOT_AN_OBJECT = refused('body_invalid', { problem: 'The body must be a JSON object' })
const UNSUPPORTED = refused('media_type_unsupported', {})
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON object, whether or not the host has parsed it already.
 *
 * @param known - The members it may have; a misspelt one is refused, not ignored.
 * @param besides - Members that the caller refuses with a reason of its own.
 */
export async function readJsonObject(
  request: GateRequest,
  body: IncomingBody,
  known: readonly string[],
  besides: readonly string[] = [],
): Promise<Readonly<Record<string, unknown>> | Refused> {
  const value = await readJsonDocument(request, body)
  if (value instanceof Refused) return value
  return Object.keys(value).every((name) => known.includes(name) || besides.includes(name))
    ? value
    : refused('body_invalid', {
        problem:
          known.length === 0
            ? 'The body must be empty, or {}'
            : `The body has members other than ${known.join(', ')}`,
      })
}

/** As {@link readJsonObject}, for a body whose members the caller looks through by itself. */
export async function readJsonDocument(
  request: GateRequest,
  body: IncomingBody,
  maxBytes: number = MAX_BODY_BYTES,
): Promise<Readonly<Record<string, unknown>> | Refused> {
  const mediaType = readHeader(request, 'content-type')
  if (typeof mediaType !== 'string' || !JSON_MEDIA_TYPE.test(mediaType)) return UNSUPPORTED
  const value = isParsed(body) ? fromParsed(body.parsed, maxBytes) : await fromStream(body.stream, maxBytes)
  if (value instanceof Refused) return value
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Record<string, unknown>) : NOT_AN_OBJECT
}

/** As {@link readJsonObject}, where no body at all is an empty object, whatever media type is claimed for it. */
export async function readOptionalJsonObject(
  request: GateRequest,
  body: IncomingBody,
  known: readonly string[],
): Promise<Readonly<Record<string, unknown>> | Refused> {
  const read = isParsed(body) ? body : { ...body, parsed: await bytesOf(body.stream, MAX_BODY_BYTES) }
  const isEmpty = read.parsed === '' || (read.parsed instanceof Uint8Array && read.parsed.byteLength === 0)
  return isEmpty ? {} : readJsonObject(request, read, known)
}

// Express 4's parsers leave an empty object where they did not parse; then nobody has read the stream.
function isParsed({ parsed, stream }: IncomingBody): boolean {
  if (parsed === undefined) return false
  const untouched = stream.readableDidRead === false
  return !(untouched && typeof parsed === 'object' && parsed !== null && Object.keys(parsed).length === 0)
}

function fromParsed(parsed: unknown, maxBytes: number): unknown {
  if (typeof parsed === 'string') return fromBytes(Buffer.from(parsed), maxBytes)
  return parsed instanceof Uint8Array ? fromBytes(parsed, maxBytes) : parsed
}

async function fromStream(stream: Readable, maxBytes: number): Promise<unknown> {
  const bytes = await bytesOf(stream, maxBytes)
  return bytes instanceof Refused ? bytes : fromBytes(bytes, maxBytes)
}

async function bytesOf(stream: Readable, maxBytes: number): Promise<Uint8Array | Refused> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    // The message outlives its body: it must not be destroyed before the answer is written.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      length += bytes.byteLength
      if (length > maxBytes) break
      chunks.push(bytes)
    }
  } catch {
    return NOT_JSON
  }
  if (length <= maxBytes) return Buffer.concat(chunks)
  // What is left is thrown away, or the connection would wait for a reader. While the loop holds the stream, resume()
  // does nothing.
  stream.resume()
  return refused('body_too_large', { maxBytes })
}

function fromBytes(bytes: Uint8Array, maxBytes: number): unknown {
  if (bytes.byteLength > maxBytes) return refused('body_too_large', { maxBytes })
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return NOT_JSON
  }
}
