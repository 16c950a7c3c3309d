import { createHmac } from 'node:crypto'

export const base64url = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64url')

/** A part of a token: an object is written as JSON, a text is taken as the JSON it is. */
export type Part = object | string

export const part = (content: Part) =>
  base64url(typeof content === 'string' ? content : JSON.stringify(content))

/** Signs two parts as they are, however odd. */
export function signParts(header: string, payload: string, secret: string, hash = 'sha256'): string {
  const input = `${header}.${payload}`
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`
}

export const HS256 = { alg: 'HS256', typ: 'JWT' } as const

/** A JWT as a caller makes it: HS256 over the UTF-8 bytes of the secret. Made here by hand, without the library under test. */
export function mint(payload: Part, secret: string, header: Part = HS256): string {
  return signParts(part(header), part(payload), secret)
}

/** The same bytes in base64url with spare bits set in the last character: the non-canonical spelling of RFC 4648 §3.5. */
export function respell(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = segment.at(-1) ?? ''
  if (segment.length % 4 === 0) throw new Error('a segment without spare bits has one spelling')
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1]
}
