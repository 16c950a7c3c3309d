import { createGate } from 'sallyport'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { adapters } from '../registry.js'
import { bearer } from '../support/requests.js'
import { createWallet } from '../support/wallet.js'
import { comparable } from './adapter/comparable.js'
import {
  ask,
  type Caller,
  createService,
  describeService,
  harnesses,
  JSON_TYPE,
  type KeySite,
  openSite,
  signIn,
} from './keys-kit.js'

const ME = '/v1/auth/me'
const LOGOUT = '/v1/auth/wallet/logout'
const meOf = (caller: Caller) => ({
  user_id: caller.accountId,
  wallet_address: caller.wallet.address,
  is_active: true,
  last_login_at: '2026-01-01T00:00:00.000Z',
  session_expires_at: '2026-01-02T00:00:00.000Z',
})

describe.each(harnesses)('a session on $name', (harness) => {
  let site: KeySite
  beforeAll(async () => {
    site = await openSite(harness)
  })
  afterAll(() => site.app.close())

  const codeOf = async ({ headers }: Caller, target = ME) => {
    const answer = await site.ask('GET', target, headers)
    return answer.status === 200 ? 'allowed' : answer.json().code
  }

  test('is told whose it is and how long it lasts', async () => {
    const caller = await site.signIn()
    const answer = await site.ask('GET', ME, caller.headers)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.json()).toEqual(meOf(caller))
    expect(answer.body).not.toContain(caller.token)
  })

  test.each([
    ['no body and no media type', [], undefined],
    ['no body that is announced as JSON', [JSON_TYPE], undefined],
    ['a JSON body of length 0', [JSON_TYPE], ''],
    ['an empty object', [], {}],
    ['a text of length 0', [['Content-Type', 'text/plain']], ''],
  ] as const)('ends at once by a logout with %s', async (_what, typed, body) => {
    const caller = await site.signIn()
    const answer = await site.ask('POST', LOGOUT, [...typed, ...caller.headers], body)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.json()).toEqual({ success: true })
    for (const target of [ME, '/v1/keys', '/v1/me']) {
      expect(await codeOf(caller, target)).toBe('credential_invalid')
    }
    const again = await site.ask('POST', LOGOUT, [...typed, ...caller.headers], body)
    expect(again.json()).toMatchObject({ status: 401, code: 'credential_invalid', detail: 'Invalid token' })
  })

  test('ends alone: others of its wallet, its keys and its next sign-in live on', async () => {
    const caller = await site.signIn()
    const other = await site.signIn(caller.wallet)
    const stranger = await site.signIn()
    const { key } = await site.create(caller)
    await site.ask('POST', LOGOUT, caller.headers)
    expect(await codeOf(caller)).toBe('credential_invalid')
    expect(await codeOf(other)).toBe('allowed')
    expect(await codeOf(stranger)).toBe('allowed')
    expect(await site.use(key, caller.wallet)).toBe('allowed')
    expect(await codeOf(await site.signIn(caller.wallet))).toBe('allowed')
    expect(await codeOf(caller)).toBe('credential_invalid')
  })

  test('does not end by a logout that is refused', async () => {
    const caller = await site.signIn()
    for (const [typed, body, status] of [
      [[], { all: true }, 400],
      [[JSON_TYPE], '[]', 400],
      [[JSON_TYPE], '{', 400],
      [[['Content-Type', 'text/plain']], 'bye', 415],
      [[JSON_TYPE], '7'.repeat(20_000), 413],
    ] as const) {
      const answer = await site.ask('POST', LOGOUT, [...typed, ...caller.headers], body)
      expect(answer.status).toBe(status)
      expect(await codeOf(caller)).toBe('allowed')
    }
  })

  test('is over when its time is, and the tolerance; until then it stays ended where it was ended', async () => {
    const { app, clock, signIn: enter } = await openSite(harness)
    onTestFinished(() => app.close())
    const [caller, ended] = [await enter(), await enter()]
    await ask(app, 'POST', LOGOUT, ended.headers)
    const codes = async () => [
      (await ask(app, 'GET', ME, caller.headers)).json().code,
      (await ask(app, 'GET', ME, ended.headers)).json().code,
    ]
    for (const ms of [3_600_000, 86_400_000 + 4_999 - 3_600_000]) {
      clock.advance(ms)
      expect(await codes()).toEqual([undefined, 'credential_invalid'])
    }
    clock.advance(1)
    expect(await codes()).toEqual(['credential_expired', 'credential_expired'])
  })

  test('that is ended on one gate is honoured by another for the revocation bound at most', async () => {
    const [here, there] = await twoGates()
    const caller = await signIn(here.app)
    const other = await signIn(here.app, caller.wallet)
    const status = async ({ headers }: Caller) => (await ask(there.app, 'GET', ME, headers)).status
    expect([await status(caller), await status(other)]).toEqual([200, 200])
    await ask(here.app, 'POST', LOGOUT, caller.headers)
    expect((await ask(here.app, 'GET', ME, caller.headers)).status).toBe(401)

    const honouredMs: number[] = []
    for (let sinceMs = 0; sinceMs < 3_000; sinceMs += 100) {
      if ((await status(caller)) === 200) honouredMs.push(sinceMs)
      expect(await status(other)).toBe(200)
      there.clock.advance(100)
    }
    // As long as the gate has no reason to ask; never again afterwards, and never beyond the bound.
    expect(honouredMs).toEqual(honouredMs.map((_ms, at) => at * 100))
    expect(Math.max(...honouredMs)).toBeLessThan(2_000)
  })

  test('that was ended while another gate slept is refused by it when it wakes', async () => {
    const [here, there] = await twoGates()
    const caller = await signIn(here.app)
    await ask(here.app, 'POST', LOGOUT, caller.headers)
    // It has never been asked for anything, so nothing that it has heard can be relied on.
    expect((await ask(there.app, 'GET', ME, caller.headers)).json().code).toBe('credential_invalid')
    const next = await signIn(here.app)
    expect((await ask(there.app, 'GET', ME, next.headers)).status).toBe(200)
    there.clock.advance(2_000)
    await ask(here.app, 'POST', LOGOUT, next.headers)
    expect((await ask(there.app, 'GET', ME, next.headers)).json().code).toBe('credential_invalid')
  })

  async function twoGates() {
    const service = createService()
    const apps = []
    for (const gate of [service.gate, service.makeGate()]) {
      const app = await harness.start(describeService({ ...service, gate }))
      onTestFinished(() => app.close())
      apps.push({ app, gate, clock: service.clock })
    }
    const [here, there] = apps
    if (here === undefined || there === undefined) throw new Error('there are two')
    return [here, there] as const
  }
})

describe('a session', () => {
  test('is answered alike on every major', async () => {
    const service = createService()
    const wallet = createWallet()
    const answers = []
    for (const harness of harnesses) {
      const app = await harness.start(describeService(service))
      const caller = await signIn(app, wallet)
      answers.push([
        comparable(await ask(app, 'GET', ME, caller.headers)),
        comparable(await ask(app, 'POST', LOGOUT, [JSON_TYPE, ...caller.headers])),
        comparable(await ask(app, 'GET', ME, caller.headers)),
        comparable(await ask(app, 'GET', ME)),
        comparable(await ask(app, 'POST', LOGOUT)),
        comparable(await ask(app, 'GET', ME, [bearer('x')])),
      ])
      await app.close()
    }
    const [first, ...others] = answers
    expect(first?.map(({ status }) => status)).toEqual([200, 200, 401, 401, 401, 401])
    for (const other of others) expect(other).toEqual(first)
  })

  test('cannot be mounted on a gate without a store', async () => {
    const { groups } = createService()
    const gate = createGate({ findCredential: () => null })
    for (const [harness] of Object.values(adapters)) {
      await expect((async () => harness?.start({ endpoints: { gate, groups } }))()).rejects.toMatchObject({
        code: 'ERR_GATE_OPTIONS',
      })
    }
  })

  test('is not begun where the store cannot tell what has ended, and its challenge is good afterwards', async () => {
    let isDown = false
    const site = await openSite(harnesses[0] ?? never(), {
      wrapStore: (store) => ({
        ...store,
        changesSince(...call) {
          if (isDown) throw new Error('down')
          return store.changesSince(...call)
        },
      }),
    })
    onTestFinished(() => site.app.close())
    const wallet = createWallet()
    const { address: wallet_address } = wallet
    const connected = await site.ask('POST', '/v1/auth/wallet/connect', [], { wallet_address })
    const challenge = String(connected.json().challenge)
    const signature = Buffer.from(wallet.sign(Buffer.from(challenge))).toString('base64')
    const verify = () =>
      site.ask('POST', '/v1/auth/wallet/verify', [], { wallet_address, challenge, signature })
    isDown = true
    expect((await verify()).json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    isDown = false
    site.clock.advance(100)
    expect((await verify()).status).toBe(200)
    expect((await verify()).json().code).toBe('challenge_invalid')
  })

  test('that cannot be ended where the store is down is an outage, and is refused here all the same', async () => {
    const site = await openSite(harnesses[0] ?? never(), {
      wrapStore: (store) => ({ ...store, revokeCredentials: () => Promise.reject(new Error('down')) }),
    })
    onTestFinished(() => site.app.close())
    const caller = await site.signIn()
    const answer = await site.ask('POST', LOGOUT, caller.headers)
    expect(answer.json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    expect((await site.ask('GET', ME, caller.headers)).json().code).toBe('credential_invalid')
  })
})

function never(): never {
  throw new Error('there is no such thing')
}
