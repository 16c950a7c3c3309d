import {
  getOffchainMessageV0Encoder,
  getOffchainMessageV1Encoder,
  type OffchainMessageV0,
  type OffchainMessageV1,
} from '@solana/offchain-messages'
import { describe, expect, it } from 'vitest'
import { signedBytesOf } from '../../src/sign-in/signed-bytes.js'
import { createWallet } from '../support/wallet.js'

const { address, publicKey } = createWallet()
const TEXT = 'shop.example wants you to sign in\n\nNonce: 1 é'
const hex = (bytes: ArrayLike<number>) => Buffer.from(Array.from(bytes)).toString('hex')
const candidates = signedBytesOf(TEXT, publicKey).map(hex)

describe('what a wallet may have signed', () => {
  it('is the text itself', () => {
    expect(candidates[0]).toBe(hex(Buffer.from(TEXT)))
  })

  it("is the text in Solana's envelope, version 1", () => {
    const message = {
      version: 1,
      content: TEXT,
      requiredSignatories: [{ address }],
    } as unknown as OffchainMessageV1
    expect(candidates).toContain(hex(getOffchainMessageV1Encoder().encode(message)))
  })

  it.each([1, 2])("is the text in Solana's envelope, version 0, format %i", (format) => {
    const message = {
      version: 0,
      applicationDomain: '11111111111111111111111111111111',
      content: { format, text: TEXT },
      requiredSignatories: [{ address }],
    } as unknown as OffchainMessageV0
    expect(candidates).toContain(hex(getOffchainMessageV0Encoder().encode(message)))
  })

  it('is the text in the envelope of earlier firmware: version, format and length alone', () => {
    const length = Buffer.byteLength(TEXT).toString(16).padStart(2, '0')
    expect(candidates).toContain(`ff736f6c616e61206f6666636861696e0001${length}00${hex(Buffer.from(TEXT))}`)
  })

  it('is nothing else', () => {
    expect(new Set(candidates).size).toBe(8)
    expect(candidates).toHaveLength(8)
  })
})
