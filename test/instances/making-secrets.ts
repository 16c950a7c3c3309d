/** Makes every kind of secret that there is on one instance, and uses it, rightly and wrongly. */
import { randomBytes } from 'node:crypto'
import { mintToken } from 'sallyport/testing'
import type { Client } from './http.js'
import type { Instance } from './run-instance.js'
import { type InstanceSpec, WHOAMI } from './spec.js'
import { expectStatus, makeKey, shownKey, verify, walletCaller, whoami } from './wallet-caller.js'

export interface MadeSecrets {
  readonly secrets: ReadonlyMap<string, string | Uint8Array>
  /** What is no secret, and must be found where the secrets are looked for. */
  readonly known: readonly string[]
}

/** What only a caller has, and may present again when the store is away. */
export interface Caller {
  present(): Promise<readonly number[]>
}

export async function makeSecrets(
  instance: Instance,
  client: Client,
  spec: InstanceSpec,
): Promise<MadeSecrets & Caller> {
  const secrets = new Map<string, string | Uint8Array>()
  const presented: string[] = []
  const addKey = (name: string, key: string) => {
    const part = key.slice(key.indexOf('_') + 1)
    secrets.set(name, key).set(`${name}, its part`, part)
    secrets.set(`${name}, its bytes`, Buffer.from(part, 'base64url'))
    presented.push(key)
  }
  const addToken = (name: string, token: string) => {
    const signature = token.slice(token.lastIndexOf('.') + 1)
    secrets.set(name, token).set(`${name}, its signature`, signature)
    presented.push(token)
  }
  for (const key of spec.sealingKeys) {
    secrets.set('a sealing key', key).set('a sealing key, its bytes', Buffer.from(key, 'base64'))
  }
  for (const secret of spec.sessionSecrets) secrets.set('a session secret', secret)

  const caller = walletCaller()
  const proof = await caller.prove(client)
  secrets.set('a signature', proof.signature)
  secrets.set('a signature, its bytes', Buffer.from(proof.signature, 'base64'))
  const session = String(expectStatus(await verify(client, proof), 200).access_token)
  addToken('a session', session)
  await verify(client, proof)
  const headers = { authorization: `Bearer ${session}` }
  const key = await makeKey(client, caller, { token: session, headers }, 'a key of a wallet')
  addKey('a key made over HTTP', key.key)
  const rotate = { method: 'POST', path: `/v1/keys/${key.id}/rotate`, headers } as const
  const rotated = shownKey(caller, await client.ask({ ...rotate, body: { overlap_seconds: 600 } }), 200)
  addKey('a key rotated over HTTP', rotated.key)
  const grant = { accountId: 'robots-inc', name: 'a name to be found', createdBy: 'an admin' }
  const issued = await instance.call('issueApiKey', grant)
  addKey('a key made by the host', issued.key)

  const pair = await instance.call('issueSharedSecret', grant)
  const next = await instance.call('rotateSharedSecret', pair.credentialId, { overlapSeconds: 600 })
  if (next === undefined) throw new Error('the pair cannot be rotated')
  for (const [name, { sharedSecret }] of Object.entries({ 'a shared secret': pair, 'its successor': next })) {
    secrets.set(name, sharedSecret)
    secrets.set(`${name}, its bytes`, Buffer.from(sharedSecret.replace(/^sec_/, ''), 'base64url'))
  }
  const nowMs = Date.now()
  addToken('a token', await mintToken(pair, { nowMs }))
  addToken('a token of the new secret', await mintToken(next, { nowMs }))
  addToken('a token that is over', await mintToken(next, { nowMs: nowMs - 86_400_000 }))
  addToken('a token of a wrong secret', await mintToken({ ...next, sharedSecret: 'x'.repeat(43) }, { nowMs }))
  addKey('a key that nobody has made', `sk_${randomBytes(32).toString('base64url')}`)

  async function present(): Promise<readonly number[]> {
    const statuses: number[] = []
    for (const token of presented) {
      const wallet = { 'x-wallet-address': caller.address }
      const asked = { headers: { authorization: `Bearer ${token}`, ...wallet } }
      statuses.push((await whoami(client, asked)).status)
      // Where no credential belongs.
      await client.ask({ path: `${WHOAMI}?api_key=${token}`, headers: { 'x-api-key': token } })
      await client.ask({ path: '/v1/keys/none/rotate', method: 'POST', headers: asked.headers })
    }
    return statuses
  }
  await present()
  const revoke = { method: 'DELETE', path: `/v1/keys/${rotated.id}`, headers } as const
  expectStatus(await client.ask(revoke), 200)
  expectStatus(await client.ask({ method: 'POST', path: '/v1/auth/wallet/logout', headers }), 200)
  await present()
  return {
    secrets,
    known: [caller.address, key.id, issued.credentialId, pair.keyId, 'a name to be found'],
    present,
  }
}
