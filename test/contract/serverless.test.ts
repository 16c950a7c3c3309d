import type { IncomingMessage, ServerResponse } from 'node:http'
import { type NodeMessage, toGateRequest } from 'sallyport'
import { getAccess, requireAccess } from 'sallyport/express'
import { describe, expect, test } from 'vitest'
import { ALICE, BOB } from '../support/addresses.js'
import { createWorld } from './adapter/world.js'

type Headers = NodeMessage['headers']

// What serverless hosts pass where Node would pass a message and a response.
function callMiddleware(message: object, gate: Parameters<typeof requireAccess>[0]) {
  return new Promise<{ status: number; body: string; account: string | null }>((resolve, reject) => {
    const response = {
      statusCode: 200,
      setHeader: () => response,
      end: (body: string) => resolve({ status: response.statusCode, body, account: null }),
    }
    const request = message as IncomingMessage
    requireAccess(gate)(request, response as unknown as ServerResponse, (error) => {
      if (error !== undefined) reject(error)
      else resolve({ status: 200, body: '', account: getAccess(request).principal.accountId })
    })
  })
}

describe.each([
  ['empty', { rawHeaders: [] }],
  ['absent', {}],
])('where rawHeaders is %s', (_name, raw) => {
  async function setUp() {
    const { gate, issueKey } = await createWorld()
    const { key } = await issueKey({ wallets: [ALICE, BOB] })
    const authorization = `Bearer ${key}`
    const ask = (headers: Headers) =>
      callMiddleware({ method: 'GET', url: '/v1/proofs', ...raw, headers }, gate)
    return { gate, authorization, ask }
  }

  test('the credential and the wallet are read from headers, in any case', async () => {
    const { authorization, ask } = await setUp()
    for (const headers of [
      { authorization, 'x-wallet-address': ALICE },
      { Authorization: authorization, 'X-Wallet-Address': ALICE },
      { AUTHORIZATION: authorization, 'x-wallet-address': ALICE, 'x-empty': undefined },
    ]) {
      expect(await ask(headers)).toMatchObject({ status: 200, account: 'robots' })
    }
  })

  test('a list, a comma and two spellings of one header are refused', async () => {
    const { authorization, ask } = await setUp()
    const ambiguous: readonly Headers[] = [
      { authorization: [authorization], 'x-wallet-address': ALICE },
      { authorization: [authorization, authorization], 'x-wallet-address': ALICE },
      { authorization: `${authorization}, ${authorization}`, 'x-wallet-address': ALICE },
      { authorization, Authorization: 'Bearer acto_x', 'x-wallet-address': ALICE },
      { authorization, 'x-wallet-address': [ALICE] },
      { authorization, 'x-wallet-address': `${ALICE}, ${BOB}` },
      { authorization, 'x-wallet-address': ALICE, 'X-Wallet-Address': BOB },
    ]
    for (const headers of ambiguous) {
      const answer = await ask(headers)
      expect(JSON.parse(answer.body)).toMatchObject({ status: 400, code: 'request_ambiguous' })
    }
  })

  test('no credential is a missing one', async () => {
    const { ask } = await setUp()
    for (const headers of [{}, { authorization: undefined }, { 'x-wallet-address': ALICE }]) {
      expect(JSON.parse((await ask(headers)).body)).toMatchObject({ status: 401, code: 'credential_missing' })
    }
  })

  test('the gate decides alike on a request made by hand', async () => {
    const { gate, authorization } = await setUp()
    const decide = (headers: Headers) =>
      gate(toGateRequest({ method: 'GET', ...raw, headers }, '/v1/proofs', {}))
    expect(await decide({ authorization, 'x-wallet-address': BOB })).toMatchObject({ type: 'allow' })
    expect(await decide({ authorization: [authorization] })).toMatchObject({ code: 'request_ambiguous' })
    expect(await decide({})).toMatchObject({ code: 'credential_missing' })
  })
})

test('where rawHeaders holds anything, headers are not believed', async () => {
  const { gate, issueKey } = await createWorld()
  const { key } = await issueKey({})
  const headers = { authorization: `Bearer ${key}` }
  const forged = { method: 'GET', url: '/v1/proofs', rawHeaders: ['Host', 'shop.example'], headers }
  expect(await callMiddleware(forged, gate)).toMatchObject({ status: 401 })
})
