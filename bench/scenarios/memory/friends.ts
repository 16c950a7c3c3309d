import { createHmac, randomBytes } from 'node:crypto'
import { mintToken } from 'sallyport/testing'
import type { BenchStore } from './async-store.js'
import { randomWallet } from './strangers.js'

/** Whoever the gate has issued a credential to. */
export interface Friend {
  readonly credential: string
  readonly wallet: string
  /** What further tokens can be made from; an API key has none. */
  readonly pair: { readonly keyId: string; readonly sharedSecret: string } | undefined
}

/** So many API keys, and as many shared secrets with a token each. Every one has a wallet of its own. */
export async function makeFriends(
  store: BenchStore['store'],
  ofEach: number,
  nowMs: number,
): Promise<Friend[]> {
  const friends: Friend[] = []
  for (let at = 0; at < ofEach; at++) {
    const [keyWallet, tokenWallet] = [randomWallet(), randomWallet()]
    const { key } = await store.issueApiKey({
      accountId: `keys-${at}`,
      prefix: 'acto',
      wallets: [keyWallet],
    })
    const pair = await store.issueSharedSecret({ accountId: `pairs-${at}`, wallets: [tokenWallet] })
    const token = await mintToken(pair, { nowMs, lifetimeSeconds: 3_600 })
    friends.push({ credential: key, wallet: keyWallet, pair: undefined })
    friends.push({ credential: token, wallet: tokenWallet, pair })
  }
  return friends
}

/** One more good token of a pair. */
export function furtherToken({ keyId, sharedSecret }: NonNullable<Friend['pair']>, nowMs: number): string {
  const iat = Math.floor(nowMs / 1_000)
  const claims = { key_id: keyId, iat, exp: iat + 300, jti: randomBytes(12).toString('base64url') }
  const parts = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  const signed = parts.join('.')
  return `${signed}.${createHmac('sha256', sharedSecret).update(signed).digest('base64url')}`
}
