import { createHash } from 'node:crypto'

/**
 * Text as both databases keep it: PostgreSQL refuses NUL, libsql ends a text there, and half of a surrogate pair would
 * come back as another character. Those three, and the backslash that stands for them, are written out.
 */
export function storable(text: string): string {
  // libsql aborts the process where it is given a boolean.
  if (typeof text !== 'string') throw new TypeError('what is to be stored as text is not one')
  return isPlain(text) ? text : text.replace(/[\\\p{Cs}]/gu, writtenOut).replaceAll('\0', '\\0')
}

/** The text that {@link storable} was given. */
export function readable(stored: string): string {
  if (!stored.includes('\\')) return stored
  return stored.replace(/\\(\\|0|u[0-9a-f]{4})/g, (_all, what: string) => {
    if (what === '\\') return '\\'
    return what === '0' ? '\0' : String.fromCharCode(Number.parseInt(what.slice(1), 16))
  })
}

/** A digest of any text: that fits an index, whatever its length. */
export function digestOf(text: string): string {
  if (typeof text !== 'string') throw new TypeError('what is to be found by is no text')
  return createHash('sha256').update(text, 'utf16le').digest('hex')
}

function isPlain(text: string): boolean {
  return !text.includes('\0') && !/[\\\p{Cs}]/u.test(text)
}

function writtenOut(character: string): string {
  return character === '\\' ? '\\\\' : `\\u${character.charCodeAt(0).toString(16)}`
}
