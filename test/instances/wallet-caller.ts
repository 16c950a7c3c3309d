import { testWallet } from 'sallyport/testing'
import type { Answer, Client } from './http.js'
import { WHOAMI } from './spec.js'

const CONNECT = '/v1/auth/wallet/connect'
const VERIFY = '/v1/auth/wallet/verify'

/** A wallet that signs in and makes keys, as an agent does. */
export interface WalletCaller {
  readonly address: string
  readonly accountId: string
  /** The body that proves the wallet, for a challenge that this client's instance hands out. */
  prove(client: Client): Promise<{ readonly signature: string } & Record<string, string>>
  /** A new session. */
  signIn(client: Client): Promise<Session>
}

export interface Session {
  readonly token: string
  readonly headers: Readonly<Record<string, string>>
}

/** A key as it was shown, once. */
export interface ShownKey {
  readonly id: string
  readonly key: string
  /** Headers that present it. */
  readonly headers: Readonly<Record<string, string>>
}

export function walletCaller(): WalletCaller {
  const wallet = testWallet()
  const { address } = wallet

  async function prove(client: Client) {
    const connected = await client.ask({ method: 'POST', path: CONNECT, body: { wallet_address: address } })
    const challenge = String(expectStatus(connected, 200).challenge)
    const signature = Buffer.from(wallet.sign(challenge)).toString('base64')
    return { wallet_address: address, challenge, signature }
  }

  return {
    address,
    accountId: `wallet:${address}`,
    prove,
    async signIn(client) {
      const verified = await verify(client, await prove(client))
      const token = String(expectStatus(verified, 200).access_token)
      return { token, headers: { authorization: `Bearer ${token}` } }
    },
  }
}

export function verify(client: Client, proof: object): Promise<Answer> {
  return client.ask({ method: 'POST', path: VERIFY, body: proof })
}

/** Makes a key. */
export async function makeKey(
  client: Client,
  caller: WalletCaller,
  session: Session,
  name: string,
): Promise<ShownKey> {
  const { headers } = session
  return shownKey(
    caller,
    await client.ask({ method: 'POST', path: '/v1/keys', headers, body: { name } }),
    201,
  )
}

/** Reads the answer that shows a key. */
export function shownKey(caller: WalletCaller, answer: Answer, status: 200 | 201): ShownKey {
  const { key_id: id, key } = expectStatus(answer, status)
  const headers = { authorization: `Bearer ${key}`, 'x-wallet-address': caller.address }
  return { id: String(id), key: String(key), headers }
}

/** Asks for the guarded route. */
export function whoami(client: Client, { headers }: Pick<ShownKey, 'headers'>): Promise<Answer> {
  return client.ask({ path: WHOAMI, headers })
}

export function expectStatus(answer: Answer, status: number): Record<string, unknown> {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.text}`)
  return answer.json()
}
