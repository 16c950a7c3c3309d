import { createSecretKey, type KeyObject, webcrypto } from 'node:crypto'
import type { ManagedStore } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { mintToken, testWallet } from 'sallyport/testing'

/** What a server is told of its caller, in each of two ways. */
export type Presented = 'apiKey' | 'token'

/** A caller, and the store that knows it. */
export interface Caller {
  readonly store: ManagedStore
  readonly wallet: string
  readonly apiKey: string
  /** A JWT of the shared-secret pair, and the secret that proves it. */
  readonly token: string
  readonly keyId: string
  readonly sharedSecret: string
}

/** What every token says, beside whose it is: peers can be told to expect it. */
export const ISSUER = 'https://id.bench.example'
export const AUDIENCE = 'https://api.bench.example'

/** A caller with an API key and a shared secret. Its token outlives the longest run. */
export async function createCaller(): Promise<Caller> {
  const store = memoryStore()
  const { address: wallet } = testWallet()
  const grant = { accountId: 'robots-inc', wallets: [wallet] }
  const { key: apiKey } = await store.issueApiKey(grant)
  const { keyId, sharedSecret } = await store.issueSharedSecret(grant)
  const claims = { iss: ISSUER, aud: AUDIENCE }
  const token = await mintToken(
    { keyId, sharedSecret },
    { nowMs: Date.now(), lifetimeSeconds: 3_600, claims },
  )
  return { store, wallet, apiKey, token, keyId, sharedSecret }
}

/**
 * The secret as jsonwebtoken takes it fastest, and all that is built on it: text it tries as a public key first, for
 * every token, which costs many times the signature.
 */
export function secretKeyOf({ sharedSecret }: Pick<Caller, 'sharedSecret'>): KeyObject {
  return createSecretKey(sharedSecret, 'utf8')
}

/** The secret as Web Crypto has it, for jose and for Hono: text would be imported for every token. */
export function importSecret({ sharedSecret }: Pick<Caller, 'sharedSecret'>): Promise<webcrypto.CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return webcrypto.subtle.importKey('raw', Buffer.from(sharedSecret), algorithm, false, ['verify'])
}

/** The header fields of one request, in the order in which they are sent. */
export type Fields = Readonly<Record<string, string>>

/**
 * The header fields of every request, whatever it presents: they differ in the credential, and in a user agent that
 * makes up for its length, so that every server has as many bytes to read.
 */
export function fieldsOf(caller: Pick<Caller, Presented | 'wallet'>, presented: Presented): Fields {
  const credential = caller[presented]
  const missing = Math.max(caller.apiKey.length, caller.token.length) - credential.length
  return {
    authorization: `Bearer ${credential}`,
    'x-wallet-address': caller.wallet,
    accept: 'application/json',
    'accept-encoding': 'gzip, deflate',
    'accept-language': 'en',
    'user-agent': `robot/1.0 (+https://robots.example/${'-'.repeat(missing)})`,
    'x-request-id': '7f3c0a52-6c0e-4b0e-9a53-0f6f2c1c9d11',
  }
}
