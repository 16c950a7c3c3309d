import { randomBytes } from 'node:crypto'

const KEY_BYTES = 32

/** A new key to seal secrets with: 256 random bits in base64. */
export function newSealingKey(): string {
  return randomBytes(KEY_BYTES).toString('base64')
}
