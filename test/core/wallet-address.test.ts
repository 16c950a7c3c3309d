import bs58 from 'bs58'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWalletAddress } from '../../src/wallet-address.js'
import { ALICE, BOB, CAROL, MINT } from '../support/addresses.js'

/** What another library says of it: it decodes to 32 bytes, and encodes to the same text. */
function isAddressByOracle(text: string): boolean {
  try {
    const bytes = bs58.decode(text)
    return bytes.length === 32 && bs58.encode(bytes) === text
  } catch {
    return false
  }
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const address = bytes(32).map((key) => bs58.encode(key))
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

describe('a wallet address', () => {
  it('is the base58 of any 32 bytes', () => {
    fc.assert(
      fc.property(bytes(32), (key) => {
        expect(isWalletAddress(bs58.encode(key))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('may begin with any number of zero bytes', () => {
    for (let zeros = 0; zeros <= 32; zeros++) {
      for (const fill of [1, 127, 128, 255]) {
        const key = new Uint8Array(32).fill(fill)
        key.fill(0, 0, zeros)
        expect(isWalletAddress(bs58.encode(key)), `${zeros} zeros, then ${fill}`).toBe(true)
      }
    }
  })

  it('is the base58 of no other number of bytes', () => {
    const other = fc.uint8Array({ maxLength: 60 }).filter((key) => key.length !== 32)
    fc.assert(
      fc.property(other, (key) => {
        expect(isWalletAddress(bs58.encode(key))).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is at most 2 ** 256 - 1', () => {
    const most = bs58.encode(new Uint8Array(32).fill(255))
    expect(isWalletAddress(most)).toBe(true)
    const next = most.slice(0, -1) + ALPHABET[ALPHABET.indexOf(most.at(-1) ?? '') + 1]
    expect(isAddressByOracle(next)).toBe(false)
    expect(isWalletAddress(next)).toBe(false)
    expect(isWalletAddress('z'.repeat(44))).toBe(false)
  })

  it('is judged as by bs58 where a character is changed, added, doubled or taken out', () => {
    const mutation = fc.tuple(
      address,
      fc.nat({ max: 44 }),
      fc.nat({ max: 2 }),
      fc.oneof(
        fc.constantFrom(...ALPHABET, ...'0OIl', '1', '11', ''),
        fc.string({ unit: 'binary', maxLength: 2 }),
      ),
    )
    fc.assert(
      fc.property(mutation, ([text, at, removed, inserted]) => {
        const mutated = text.slice(0, at) + inserted + text.slice(at + removed)
        expect(isWalletAddress(mutated)).toBe(isAddressByOracle(mutated))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is judged as by bs58 whatever the text is', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.array(fc.constantFrom(...ALPHABET), { minLength: 30, maxLength: 46 }).map((list) => list.join('')),
      fc.tuple(fc.nat({ max: 33 }), address).map(([ones, text]) => '1'.repeat(ones) + text.slice(ones)),
    )
    fc.assert(
      fc.property(texts, (text) => {
        expect(isWalletAddress(text)).toBe(isAddressByOracle(text))
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([ALICE, BOB, CAROL, MINT, '1'.repeat(32)])('is, for example, %s', (text) => {
    expect(isWalletAddress(text)).toBe(true)
    expect(isAddressByOracle(text)).toBe(true)
  })
})
