import { randomBytes } from 'node:crypto'
import type { Caller } from '../credentials.js'
import type { GARBAGE } from './names.js'

/** Random characters that are nobody's credential, others every time. */
export function garbage({ token }: Pick<Caller, 'token'>, kind: (typeof GARBAGE)[number]): string {
  const secretPart = randomBytes(32).toString('base64url')
  switch (kind) {
    case 'no dot':
      // As long as a JWT.
      return randomBytes(token.length).toString('base64url').slice(0, token.length)
    case 'wrong prefix':
      return `pk_${secretPart}`
    case 'wrong alphabet':
      // The last character: whoever reads from the front has the most to read.
      return `sk_${secretPart.slice(0, -1)}~`
  }
}
