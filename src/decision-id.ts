import { randomUUID } from 'node:crypto'

// What stands behind the last group's first eight digits: the same 65,536 endings over and over.
const BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const LAST = 0xffff

let start = ''
let ending = LAST

/**
 * A new name for a decision, in the form of a UUID (RFC 9562 §5.4). Unique, and no secret: the last sixteen bits count,
 * the others are drawn anew every 65,536 decisions.
 */
export function nextDecisionId(): string {
  if (ending === LAST) {
    start = randomUUID().slice(0, -4)
    ending = -1
  }
  ending++
  return `${start}${BYTES[ending >> 8]}${BYTES[ending & 0xff]}`
}
