import { decodeBase58 } from './base58.js'

const ADDRESS_BYTES = 32

/**
 * Whether `text` is the one base58 spelling of 32 bytes, which is what a Solana address is. Says nothing about whether
 * the bytes are a point of the curve: programs own tokens too.
 */
export function isWalletAddress(text: string): boolean {
  return decodeAddress(text) !== undefined
}

/** The 32 bytes of a Solana address. */
export function decodeAddress(text: string): Uint8Array | undefined {
  return decodeBase58(text, ADDRESS_BYTES)
}
