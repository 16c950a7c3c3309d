import { generateKeyPairSync, sign } from 'node:crypto'
import bs58 from 'bs58'

/** A wallet with a key of its own, that signs what it is given. */
export interface TestWallet {
  /** Base58. */
  readonly address: string
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

export function createWallet(): TestWallet {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  return { address: bs58.encode(key), publicKey: key, sign: (message) => sign(null, message, privateKey) }
}
