import { createHash } from 'node:crypto'

const PLAIN = /^[\w.:/@-]{1,100}$/

/**
 * A key that every backend takes as it is, and that is unlike that of every other text: what is long, or has a character
 * that means something to somebody, is counted by its digest. None that is plain begins with the mark of a digest.
 */
export function plainKeyOf(key: string): string {
  return PLAIN.test(key) ? key : `#${digestOf(key)}`
}

// Not as UTF-8, which is the same for all halves of a surrogate pair.
function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('base64url')
}
