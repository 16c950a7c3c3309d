import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { provesEd25519 } from '../../src/sign-in/ed25519.js'

const vectors = (path: string) =>
  JSON.parse(readFileSync(new URL(`../vectors/${path}`, import.meta.url), 'utf8'))
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

interface Group {
  readonly publicKey: { readonly pk: string }
  readonly tests: readonly { tcId: number; msg: string; sig: string; result: 'valid' | 'invalid' }[]
}

interface SpecCheck {
  readonly message: string
  readonly pub_key: string
  readonly signature: string
}

describe('Ed25519', () => {
  it('judges every vector of Wycheproof as published', () => {
    const groups: readonly Group[] = vectors('wycheproof/ed25519_test.json').testGroups
    const cases = groups.flatMap(({ publicKey, tests }) =>
      tests.map((test) => ({ ...test, key: publicKey.pk })),
    )
    expect(cases).toHaveLength(151)
    expect(cases.filter(({ result }) => result === 'valid').length).toBeGreaterThan(50)
    for (const { tcId, key, msg, sig, result } of cases) {
      expect({ tcId, proves: provesEd25519(bytes(key), bytes(msg), bytes(sig)) }).toEqual({
        tcId,
        proves: result === 'valid',
      })
    }
  })

  it('takes of the edge cases only those with a sound key, a canonical encoding and no cofactor', () => {
    const cases: readonly SpecCheck[] = vectors('ed25519-speccheck/cases.json')
    const taken = cases.map(({ pub_key, message, signature }) =>
      provesEd25519(bytes(pub_key), bytes(message), bytes(signature)),
    )
    // 3 has a key of mixed order and satisfies the equation as it stands; so does 2, but its R is of small order.
    expect(taken.flatMap((isTaken, at) => (isTaken ? [at] : []))).toEqual([3])
    expect(taken).toHaveLength(12)
  })

  it('refuses forgeries under every key of small order, the System Program among them', () => {
    const keys = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      `ec${'ff'.repeat(30)}7f`,
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    ]
    for (const key of keys) {
      for (const signBit of [0, 0x80]) {
        const publicKey = bytes(key)
        publicKey[31] = (publicKey[31] ?? 0) | signBit
        // R = A and S = 0 satisfies the equation for one message in eight.
        for (let attempt = 0; attempt < 64; attempt++) {
          const forged = Uint8Array.from([...publicKey, ...new Uint8Array(32)])
          expect(provesEd25519(publicKey, bytes(attempt.toString(16).padStart(4, '0')), forged)).toBe(false)
        }
      }
    }
  })

  it('takes what a key signed and nothing that differs in a bit', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat({ max: 511 }), (message, bit) => {
        const signature = sign(null, message, privateKey)
        expect(provesEd25519(key, message, signature)).toBe(true)
        signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(provesEd25519(key, message, signature)).toBe(false)
      }),
    )
  })

  it.each([0, 31, 33, 64])('refuses a key of %i bytes', (length) => {
    expect(provesEd25519(new Uint8Array(length).fill(9), new Uint8Array(1), new Uint8Array(64))).toBe(false)
  })

  it.each([0, 63, 65, 128])('refuses a signature of %i bytes', (length) => {
    const { publicKey } = generateKeyPairSync('ed25519')
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    expect(provesEd25519(key, new Uint8Array(1), new Uint8Array(length))).toBe(false)
  })
})
