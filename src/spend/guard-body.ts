import { type Refused, refused } from '../decision.js'
import { GateError } from '../gate-error.js'
import { type GateRequest, readHeader } from '../request.js'

// No other type is one that every parser of JSON takes.
const JSON_MEDIA_TYPE = /^application\/json[ \t]*(?:;.*)?$/i
const UNSUPPORTED = refused('media_type_unsupported', {})

/**
 * Makes sure that somebody has read the body: what is to be spent is said in it.
 *
 * @returns A refusal where the host has no parser for what the caller has sent.
 * @throws GateError `ERR_GATE_BODY_UNPARSED` where it is `application/json`, so that the host's parser has not come yet.
 */
export function refuseUnparsed(request: GateRequest, body: unknown): Refused | undefined {
  if (!hasBody(request) || isParsed(body, request.message)) return undefined
  const mediaType = readHeader(request, 'content-type')
  if (typeof mediaType !== 'string' || !JSON_MEDIA_TYPE.test(mediaType)) return UNSUPPORTED
  throw new GateError('ERR_GATE_BODY_UNPARSED', [
    'reserveSpend: nobody has parsed the body yet; put reserveSpend after the body parser (Fastify: preHandler)',
  ])
}

function hasBody(request: GateRequest): boolean {
  const length = readHeader(request, 'content-length')
  return readHeader(request, 'transfer-encoding') !== undefined || (length !== undefined && length !== '0')
}

// Some parsers leave an empty object where they did not parse; then nobody has read the message. A host that reads it by
// itself may keep what it finds elsewhere.
function isParsed(body: unknown, message: object): boolean {
  const { readableDidRead } = message as { readonly readableDidRead?: boolean }
  if (body === undefined) return readableDidRead === true
  const isEmpty = typeof body === 'object' && body !== null && Object.keys(body).length === 0
  return !(isEmpty && readableDidRead === false)
}
