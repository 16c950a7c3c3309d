import { hash } from 'node:crypto'

/** SHA-256 of the UTF-8 bytes of a text, in lower-case hex. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}

/** The same digest in 32 characters, one for each byte: for maps in memory, where half the length is half the work. */
export function digestKeyOf(text: string): string {
  return hash('sha256', text, 'binary')
}
