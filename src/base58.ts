const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const LIMB_BYTES = 4
const LIMB_RANGE = 2 ** 32
// log(256) / log(58), rounded up: how many characters a byte can take.
const CHARACTERS_PER_BYTE = 1.3658

const DIGIT_OF = new Int8Array(128).fill(-1)
for (let digit = 0; digit < ALPHABET.length; digit++) DIGIT_OF[ALPHABET.charCodeAt(digit)] = digit

/**
 * The bytes that `text` spells in base58, where they are exactly `length` and this is their one spelling.
 *
 * @param length - A multiple of four.
 */
export function decodeBase58(text: string, length: number): Uint8Array | undefined {
  if (text.length < length || text.length > Math.ceil(length * CHARACTERS_PER_BYTE)) return undefined
  const limbs = new Uint32Array(length / LIMB_BYTES)
  for (let at = 0; at < text.length; at++) {
    let carry = digitAt(text, at)
    if (carry === -1) return undefined
    for (let limb = 0; limb < limbs.length; limb++) {
      const product = (limbs[limb] ?? 0) * 58 + carry
      limbs[limb] = product
      carry = Math.floor(product / LIMB_RANGE)
    }
    if (carry !== 0) return undefined
  }
  const bytes = bigEndian(limbs)
  return leading(text, '1') === leadingZeros(bytes) ? bytes : undefined
}

/** Bytes in base58: a `1` for each leading zero byte, then the number they make. */
export function encodeBase58(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
  let digits = ''
  for (; value > 0n; value /= 58n) digits = ALPHABET.charAt(Number(value % 58n)) + digits
  return '1'.repeat(leadingZeros(bytes)) + digits
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 128 ? (DIGIT_OF[code] ?? -1) : -1
}

function bigEndian(limbs: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(limbs.length * LIMB_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [limb, value] of limbs.entries()) view.setUint32(bytes.length - (limb + 1) * LIMB_BYTES, value)
  return bytes
}

function leading(text: string, character: string): number {
  let count = 0
  while (text[count] === character) count++
  return count
}

function leadingZeros(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? bytes.length : first
}
