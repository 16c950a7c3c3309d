import { createPublicKey, verify } from 'node:crypto'

const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/**
 * The y coordinates of the eight points of small order (RFC 8032 §5.1.7, curve of order 8·L), little-endian and
 * without the sign bit. A signature under such a key can be forged for any message.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/**
 * Whether `signature` is `publicKey`'s own over `message`: Ed25519 as in RFC 8032, without the points that prove nothing
 * (small order) and without second spellings of one, in the key and in the signature. Never throws.
 */
export function provesEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || !isSoundPoint(publicKey)) return false
  // Versions of OpenSSL differ over an R that no honest signer makes.
  if (!isSoundPoint(signature.subarray(0, KEY_BYTES))) return false
  try {
    const x = Buffer.from(publicKey).toString('base64url')
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
    return verify(null, message, key, signature)
  } catch {
    return false
  }
}

// Canonically encoded and not of small order.
function isSoundPoint(point: Uint8Array): boolean {
  if (point.length !== KEY_BYTES) return false
  const y = Buffer.from(point)
  y[KEY_BYTES - 1] = (y[KEY_BYTES - 1] ?? 0) & 0x7f
  return isBelowPrime(y) && !SMALL_ORDER.has(y.toString('hex'))
}

// p = 2^255 - 19 is ed ff .. ff 7f in little-endian.
function isBelowPrime(y: Uint8Array): boolean {
  if (y[KEY_BYTES - 1] !== 0x7f) return true
  for (let at = 1; at < KEY_BYTES - 1; at++) {
    if (y[at] !== 0xff) return true
  }
  return (y[0] ?? 0) < 0xed
}
