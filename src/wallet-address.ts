const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const LIMBS = 8
const LIMB_RANGE = 2 ** 32

const DIGIT_OF = new Int8Array(128).fill(-1)
for (let digit = 0; digit < ALPHABET.length; digit++) DIGIT_OF[ALPHABET.charCodeAt(digit)] = digit

/**
 * Whether `text` is the one base58 spelling of 32 bytes, which is what a Solana address is. Says nothing about whether
 * the bytes are a point of the curve: programs own tokens too.
 */
export function isWalletAddress(text: string): boolean {
  if (text.length < 32 || text.length > 44) return false
  const limbs = new Uint32Array(LIMBS)
  let leadingOnes = 0
  let counting = true
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const digit = code < 128 ? (DIGIT_OF[code] ?? -1) : -1
    if (digit === -1) return false
    if (counting && digit === 0) leadingOnes++
    else counting = false
    let carry = digit
    for (let limb = 0; limb < LIMBS; limb++) {
      const product = (limbs[limb] ?? 0) * 58 + carry
      limbs[limb] = product
      carry = Math.floor(product / LIMB_RANGE)
    }
    if (carry !== 0) return false
  }
  return leadingOnes === leadingZeroBytes(limbs)
}

function leadingZeroBytes(limbs: Uint32Array): number {
  let zeros = 0
  for (let limb = LIMBS - 1; limb >= 0; limb--) {
    const value = limbs[limb] ?? 0
    if (value !== 0) return zeros + (Math.clz32(value) >> 3)
    zeros += 4
  }
  return zeros
}
