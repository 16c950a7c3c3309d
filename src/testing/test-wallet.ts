import { generateKeyPairSync, sign } from 'node:crypto'
import { encodeBase58 } from '../base58.js'

/** A Solana wallet with a key of its own, that signs what it is given. */
export interface TestWallet {
  /** Base58. */
  readonly address: string
  readonly publicKey: Uint8Array
  /** An Ed25519 signature, 64 bytes. */
  sign(message: Uint8Array | string): Uint8Array
}

/**
 * Makes a wallet.
 *
 * @example
 * const wallet = testWallet()
 * const signature = Buffer.from(wallet.sign(challenge)).toString('base64')
 */
export function testWallet(): TestWallet {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  return {
    address: encodeBase58(key),
    publicKey: key,
    sign: (message) => sign(null, Buffer.from(message as Uint8Array), privateKey),
  }
}
