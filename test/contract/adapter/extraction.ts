import { describe, expect, test } from 'vitest'
import { ALICE, BOB } from '../../support/addresses.js'
import { send } from '../../support/http.js'
import { bearer, walletHeader } from '../../support/requests.js'
import type { AdapterHarness } from '../adapter-contract.js'
import { createWorld, start } from './world.js'

export function extractionContract(harness: AdapterHarness): void {
  async function setUp() {
    const world = await createWorld()
    const { key } = await world.issueKey({ wallets: [ALICE, BOB] })
    const app = await start(harness, {
      guards: [{ require: world.gate }],
      routes: [{ path: '/v1/proofs', handle: (access) => ({ wallet: access().wallet?.address }) }],
    })
    return { ...world, key, app }
  }

  describe('of the headers', () => {
    test('repeated and comma-joined ones are refused, whichever is right', async () => {
      const { app, key, alice } = await setUp()
      const good = bearer(key)
      const bad = bearer('acto_wrong')
      const wallet = walletHeader(ALICE)
      const ambiguous = [
        [good, bad, wallet],
        [bad, good, wallet],
        [good, good, wallet],
        [good, ['authorization', 'Basic cm9ib3Q6cm9ib3Q='], wallet],
        [['AUTHORIZATION', ''], good, wallet],
        [['Authorization', `Bearer ${key}, Bearer ${key}`], wallet],
        [['Authorization', `Basic cm9ib3Q6cm9ib3Q=, Bearer ${key}`], wallet],
        [['Authorization', `Bearer ${key} ${key}`], wallet],
        [good, wallet, wallet],
        [good, wallet, walletHeader(BOB)],
        [good, wallet, ['x-wallet-address', '']],
        [good, walletHeader(`${ALICE}, ${BOB}`)],
        [good, walletHeader(`${ALICE},`)],
      ] as const
      for (const headers of ambiguous) {
        const answer = await send(app.origin, { target: '/v1/proofs', headers })
        expect(answer.json(), JSON.stringify(headers)).toMatchObject({
          status: 400,
          code: 'request_ambiguous',
        })
      }
      expect(app.ran).toEqual([])
      expect((await send(app.origin, { target: '/v1/proofs', headers: alice })).status).toBe(200)
    })

    test('the scheme is read in any case, and one or more spaces end it', async () => {
      const { app, key } = await setUp()
      for (const start of ['bearer ', 'BEARER ', 'BeArEr ', 'Bearer   ']) {
        const headers = [['aUTHORIZATION', `${start}${key}`], walletHeader(BOB)] as const
        const answer = await send(app.origin, { target: '/v1/proofs', headers })
        expect(answer.json()).toEqual({ wallet: BOB })
      }
    })

    test('nothing else ends the scheme or stands in a token', async () => {
      const { app, key } = await setUp()
      const cases = [
        [`Bearer\t${key}`, 401, 'credential_missing'],
        [`Bearer\xa0${key}`, 401, 'credential_missing'],
        [`Bearer${key}`, 401, 'credential_missing'],
        [key, 401, 'credential_missing'],
        ['Bearer', 401, 'credential_missing'],
        [`Basic ${key}`, 401, 'credential_missing'],
        [`Bearer \xa0${key}`, 401, 'credential_invalid'],
        [`Bearer ${key}\xa0`, 401, 'credential_invalid'],
        [`Bearer "${key}"`, 401, 'credential_invalid'],
        [`Bearer \t${key}`, 400, 'request_ambiguous'],
      ] as const
      for (const [value, status, code] of cases) {
        const headers = [['Authorization', value], walletHeader(ALICE)] as const
        const answer = await send(app.origin, { target: '/v1/proofs', headers })
        expect(answer.json(), JSON.stringify(value)).toMatchObject({ status, code })
      }
      expect(app.ran).toEqual([])
    })

    test('one that only looks like the wallet header is another header', async () => {
      const { app, key } = await setUp()
      const headers = [bearer(key), ['X_Wallet_Address', ALICE]] as const
      const answer = await send(app.origin, { target: '/v1/proofs', headers })
      expect(answer.json()).toMatchObject({ status: 400, code: 'wallet_missing' })
      expect(app.ran).toEqual([])
    })

    test('a credential of 12 KB is refused, one of 100 KB by Node, and the server goes on', async () => {
      const { app, alice } = await setUp()
      const outcomeOf = (length: number) =>
        send(app.origin, { target: '/v1/proofs', headers: [bearer('a'.repeat(length))] }).then(
          ({ status }) => status,
          (error: NodeJS.ErrnoException) => error.code,
        )
      expect(await outcomeOf(12_000)).toBe(401)
      expect(await outcomeOf(20_000)).toBe(431)
      // Node answers 431 and hangs up on what it has not read; the answer may be lost on the way.
      expect([431, 'ECONNRESET', 'EPIPE']).toContain(await outcomeOf(100_000))
      expect(app.ran).toEqual([])
      expect((await send(app.origin, { target: '/v1/proofs', headers: alice })).status).toBe(200)
    })

    test('the credential in the query, a cookie or a body counts for nothing', async () => {
      const { app, key } = await setUp()
      const headers = [
        ['Cookie', `access_token=${key}; authorization=Bearer ${key}`],
        ['X-Api-Key', key],
        ['Proxy-Authorization', `Bearer ${key}`],
        walletHeader(ALICE),
      ] as const
      const target = `/v1/proofs?access_token=${key}&authorization=Bearer%20${key}`
      const answer = await send(app.origin, { target, headers })
      expect(answer.json()).toMatchObject({ status: 401, code: 'credential_missing' })
      expect(app.ran).toEqual([])
    })
  })
}
