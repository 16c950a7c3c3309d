import { decodeBase58 } from '../base58.js'

const SIGNATURE_BYTES = 64
// 64 bytes in standard base64 are 86 characters and two of padding; the last character carries two bits.
const BASE64 = /^[A-Za-z0-9+/]{85}[AQgw]==$/

/** The 64 bytes of a signature in base64 (as browser code sends it) or base58 (as wallets print it). */
export function decodeSignature(text: string): Uint8Array | undefined {
  return BASE64.test(text) ? Buffer.from(text, 'base64') : decodeBase58(text, SIGNATURE_BYTES)
}
