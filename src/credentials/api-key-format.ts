import { hash, randomBytes } from 'node:crypto'

const PREFIX = /^[A-Za-z0-9](?:[A-Za-z0-9_]{0,30}[A-Za-z0-9])?$/
const SECRET_PART = /^[A-Za-z0-9_-]{43}$/

/** What may stand before the underscore of a key, in words. */
export const PREFIX_RULE = '1 to 32 letters, digits and inner underscores'

/** Whether a text may stand before the underscore of a key. */
export function isPrefix(prefix: unknown): prefix is string {
  return typeof prefix === 'string' && PREFIX.test(prefix)
}

/** Whether a text is what stands behind the underscore of a key: 256 bits in base64url. */
export function isSecretPart(text: string): boolean {
  return SECRET_PART.test(text)
}

/** A new key: the prefix, an underscore and 256 random bits. */
export function createKey(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`
}

/** The digest that a key is stored and found by: SHA-256 of the whole key, in lower-case hex. */
export function digestOf(key: string): string {
  return hash('sha256', key, 'hex')
}
