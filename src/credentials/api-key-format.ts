import { randomBytes } from 'node:crypto'

const PREFIX = /^[A-Za-z0-9](?:[A-Za-z0-9_]{0,30}[A-Za-z0-9])?$/

/** What may stand before the underscore of a key, in words. */
export const PREFIX_RULE = '1 to 32 letters, digits and inner underscores'

/** Whether a text may stand before the underscore of a key. */
export function isPrefix(prefix: unknown): prefix is string {
  return typeof prefix === 'string' && PREFIX.test(prefix)
}

/** What a key of this prefix looks like: 256 bits in base64url stand behind the underscore. */
export function keyShape(prefix: string): RegExp {
  return new RegExp(`^${prefix}_[A-Za-z0-9_-]{43}$`)
}

/** A new key: the prefix, an underscore and 256 random bits. */
export function createKey(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`
}
