import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import type { Change, Store } from 'sallyport'
import { routes } from 'sallyport/fastify'
import type { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import { codeOf } from '../support/decisions.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { createWallet } from '../support/wallet.js'
import { createService, harnesses, openSite, signIn } from './keys-kit.js'

const [harness] = harnesses
if (harness === undefined) throw new Error('there is no adapter')

async function openWith(wrapStore: (store: ReturnType<typeof memoryStore>) => Store) {
  const site = await openSite(harness as NonNullable<typeof harness>, { wrapStore })
  onTestFinished(() => site.app.close())
  return site
}

describe('a session that is ended while it asks for a key', () => {
  test.each(['before', 'after'] as const)(
    'is given none that outlives it, ended just %s the key is stored',
    async (when) => {
      let end: (() => Promise<unknown>) | undefined
      const site = await openWith((store) => ({
        ...store,
        async addCredential(...call) {
          if (when === 'before') await end?.()
          const added = await store.addCredential(...call)
          if (when === 'after') await end?.()
          return added
        },
      }))
      const caller = await site.signIn()
      // On another instance: this one has not heard of it when it has let the session in.
      end = () => site.store.revoke({ wallet: caller.wallet.address })
      const answer = await site.ask('POST', '/v1/keys', caller.headers, { name: 'permanent' })
      expect(answer.json()).toMatchObject({ status: 401, code: 'credential_invalid' })
      expect(answer.body).not.toContain('acto_')
      const { credentials } = await site.store.describeCredentials({ revoked: true })
      expect(credentials.map(({ status }) => status)).toEqual(['revoked'])
    },
  )

  test('is told that nobody knows where the store cannot say', async () => {
    let isDown = false
    const site = await openWith((store) => ({
      ...store,
      async addCredential(...call) {
        const added = await store.addCredential(...call)
        isDown = true
        return added
      },
      changesSince(...call) {
        if (isDown) throw new Error('down')
        return store.changesSince(...call)
      },
    }))
    const caller = await site.signIn()
    const answer = await site.ask('POST', '/v1/keys', caller.headers, { name: 'unsure' })
    expect(answer.json()).toMatchObject({ status: 503, retryable: false })
    expect(answer.body).not.toContain('acto_')
  })

  test('changes no key any more', async () => {
    const site = await openWith((store) => store)
    const caller = await site.signIn()
    const key = await site.create(caller)
    const ended: Change = {
      kind: 'session',
      id: String(JSON.parse(Buffer.from(caller.token.split('.')[1] ?? '', 'base64url').toString()).jti),
      atMs: site.clock.wallMs(),
      untilMs: site.clock.wallMs() + 1_000_000,
    }
    await site.store.revokeCredentials(ended, { signal: new AbortController().signal })
    const answer = await site.ask('POST', `/v1/keys/${key.id}/rotate`, caller.headers)
    expect(answer.json()).toMatchObject({ status: 401, code: 'credential_invalid' })
    expect(await site.use(key.key, caller.wallet)).toBe('allowed')
  })
})

describe('a key that the host has issued to the account of a wallet', () => {
  test('is the host’s to run: there it is not listed, rotated, switched or revoked', async () => {
    const site = await openWith((store) => store)
    const caller = await site.signIn()
    const grant = { accountId: caller.accountId, wallets: [caller.wallet.address], role: 'processor' }
    const { key, credentialId } = await site.store.issueApiKey({ prefix: 'acto', ...grant })
    expect(await site.list(caller, '?include_inactive=true&include_revoked=true')).toEqual([])
    for (const [method, path] of [
      ['POST', '/rotate'],
      ['POST', '/toggle'],
      ['GET', '/stats'],
      ['DELETE', ''],
    ] as const) {
      const answer = await site.ask(method, `/v1/keys/${credentialId}${path}`, caller.headers)
      expect(answer.json()).toMatchObject({ status: 404, code: 'not_found' })
    }
    expect(await site.use(key, caller.wallet)).toBe('allowed')
  })
})

test('a body over HTTP/2, which needs no length, is read', async () => {
  const service = createService()
  const app = fastify({ http2: true })
  onTestFinished(() => app.close())
  await app.register(routes, { gate: service.gate, ...service.groups })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const plain = await openSite(harness as NonNullable<typeof harness>)
  onTestFinished(() => plain.app.close())
  const wallet = createWallet()
  // The same secret signs the sessions of both sites.
  const { token } = await signIn(plain.app, wallet)
  const client = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  onTestFinished(() => client.close())
  const post = (path: string, body?: object) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const stream = client.request({ ':method': 'POST', ':path': path, ...headers })
      let text = ''
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      stream.on('end', () => resolve(JSON.parse(text))).on('error', reject)
      stream.end(body && JSON.stringify(body))
    })
  const { key_id, key } = await post('/v1/keys', { name: 'over HTTP/2' })
  const use = (text: unknown) =>
    codeOf(service.gate, requestWith([bearer(String(text)), walletHeader(wallet.address)]))
  expect(await post(`/v1/keys/${key_id}/toggle`, { is_active: true })).toMatchObject({ is_active: true })
  const rotated = await post(`/v1/keys/${key_id}/rotate`, { overlap_seconds: 0 })
  expect([await use(key), await use(rotated.key)]).toEqual(['credential_invalid', 'allowed'])
  expect(await post(`/v1/keys/${key_id}/toggle`)).toMatchObject({ is_active: false })
})
