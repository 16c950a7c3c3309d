import { type Clock, createGate, GateError, type GateOptions } from 'sallyport'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { throwing } from '../support/failures.js'
import {
  ask,
  type Caller,
  createService,
  describeService,
  harnesses,
  type KeySite,
  openSite,
  type ShownKey,
  signIn,
} from './keys-kit.js'

type Target = Parameters<KeySite['gate']['revoke']>[0]

const ME = '/v1/auth/me'
const targets: readonly (readonly [what: string, of: (caller: Caller) => Target])[] = [
  ['a wallet', ({ wallet: { address } }) => ({ wallet: address })],
  ['an account', ({ accountId }) => ({ account: accountId })],
  ['all', () => ({ all: true })],
]

describe.each(harnesses)('the kill switch on $name', (harness) => {
  let site: KeySite
  let caller: Caller
  let stranger: Caller
  let key: ShownKey
  let others: ShownKey
  beforeAll(async () => {
    site = await openSite(harness, { keys: { maxPerAccount: 1_000 } })
  })
  beforeEach(async () => {
    // What earlier tests have ended, and the tolerance for instances' clocks, is long over.
    site.clock.advance(60_000)
    caller = await site.signIn()
    stranger = await site.signIn()
    key = await site.create(caller)
    others = await site.create(stranger)
    expect([await sessionCode(caller), await site.use(key.key, caller.wallet)]).toEqual([
      'allowed',
      'allowed',
    ])
  })
  afterAll(() => site.app.close())

  const sessionCode = async ({ headers }: Caller, app = site.app) => {
    const answer = await ask(app, 'GET', ME, headers)
    return answer.status === 200 ? 'allowed' : answer.json().code
  }

  test.each(targets)('for %s ends every session and every key at once', async (what, of) => {
    const second = await site.signIn(caller.wallet)
    const rotated = await site.rotate(caller, key.id)
    expect(await site.gate.revoke(of(caller))).toBe(true)
    for (const session of [caller, second]) expect(await sessionCode(session)).toBe('credential_invalid')
    for (const shown of [key, rotated]) {
      expect(await site.use(shown.key, caller.wallet)).toBe('credential_invalid')
    }
    const spared = what === 'all' ? 'credential_invalid' : 'allowed'
    expect(await sessionCode(stranger)).toBe(spared)
    expect(await site.use(others.key, stranger.wallet)).toBe(spared)
    const attempt = await site.ask('POST', '/v1/keys', caller.headers, { name: 'x' })
    expect(attempt.json().code).toBe('credential_invalid')
  })

  test.each(targets)(
    'for %s lets its wallet sign in again at once, and nothing old comes back',
    async (_what, of) => {
      await site.gate.revoke(of(caller))
      const again = await site.signIn(caller.wallet)
      expect(await sessionCode(again)).toBe('allowed')
      const fresh = await site.create(again)
      expect(await site.use(fresh.key, caller.wallet)).toBe('allowed')
      for (const ms of [0, 1, 999, 4_000, 1, 60_000, 3_600_000]) {
        site.clock.advance(ms)
        expect(await sessionCode(again)).toBe('allowed')
        expect(await sessionCode(caller)).toBe('credential_invalid')
        expect(await site.use(key.key, caller.wallet)).toBe('credential_invalid')
        expect(await site.use(fresh.key, caller.wallet)).toBe('allowed')
      }
      const listed = await site.list(again, '?include_revoked=true')
      const statusOf = ({ id }: ShownKey) => listed.find(({ key_id }) => key_id === id)?.status
      expect([statusOf(key), statusOf(fresh)]).toEqual(['revoked', 'active'])
    },
  )

  test.each(targets)('for %s, once more, ends what was begun since', async (_what, of) => {
    await site.gate.revoke(of(caller))
    const again = await site.signIn(caller.wallet)
    site.clock.advance(1)
    await site.gate.revoke(of(caller))
    expect(await sessionCode(again)).toBe('credential_invalid')
    expect(await sessionCode(await site.signIn(caller.wallet))).toBe('allowed')
  })

  // Clocks of instances differ: what came later must not depend on them.
  test.each(targets)(
    'for %s, once more, on an instance whose clock is behind, ends what was begun since',
    async (_what, of) => {
      const there = await otherGate({ wallMs: () => site.clock.wallMs() - 3_000 })
      await site.gate.revoke(of(caller))
      site.clock.advance(1_000)
      const again = await site.signIn(caller.wallet)
      site.clock.advance(1_000)
      await there.gate.revoke(of(caller))
      site.clock.advance(2_000)
      expect(await sessionCode(again)).toBe('credential_invalid')
    },
  )

  test('for a credential ends that alone, tells whether there was one, and may be pulled twice', async () => {
    const second = await site.create(caller)
    expect(await site.gate.revoke({ credential: 'cred_unknown' })).toBe(false)
    expect(await site.gate.revoke({ credential: key.id })).toBe(true)
    expect(await site.gate.revoke({ credential: key.id })).toBe(true)
    expect(await site.use(key.key, caller.wallet)).toBe('credential_invalid')
    expect(await site.use(second.key, caller.wallet)).toBe('allowed')
    expect(await sessionCode(caller)).toBe('allowed')
  })

  test.each(targets)('for %s holds on another gate within the revocation bound', async (_what, of) => {
    const there = await otherGate()
    expect(await sessionCode(caller, there.app)).toBe('allowed')
    await site.gate.revoke(of(caller))
    const honoured: number[] = []
    for (let sinceMs = 0; sinceMs < 3_000; sinceMs += 100) {
      if ((await sessionCode(caller, there.app)) === 'allowed') honoured.push(sinceMs)
      site.clock.advance(100)
    }
    expect(honoured).toEqual(honoured.map((_ms, at) => at * 100))
    expect(Math.max(...honoured, 0)).toBeLessThan(2_000)
    expect(await sessionCode(caller, there.app)).toBe('credential_invalid')
  })

  // The other gate has not heard of it yet: a session must not be dead from its first moment.
  test.each(targets)('for %s, pulled on one gate, lets its wallet sign in on another', async (_what, of) => {
    const there = await otherGate()
    await site.gate.revoke(of(caller))
    site.clock.advance(3_000)
    const again = await signIn(there.app, caller.wallet)
    expect(await sessionCode(again, there.app)).toBe('allowed')
    expect(await sessionCode(again)).toBe('allowed')
  })

  // As a script or the command line does.
  test.each(targets)('for %s, pulled in the store, lets its wallet sign in', async (_what, of) => {
    await site.store.revoke(of(caller))
    // Sooner than this gate would ask by itself.
    site.clock.advance(100)
    const again = await site.signIn(caller.wallet)
    expect(await sessionCode(again)).toBe('allowed')
    expect(await sessionCode(caller)).toBe('credential_invalid')
  })

  // Ahead of the next poll, and whatever this gate's own clock says.
  test.each(targets)(
    'for %s, once more, holds at once on the gate that it is pulled on',
    async (_what, of) => {
      await site.gate.revoke(of(caller))
      const again = await site.signIn(caller.wallet)
      const behind = await otherGate({ wallMs: () => site.clock.wallMs() - 3_000 })
      expect([await sessionCode(again), await sessionCode(again, behind.app)]).toEqual(['allowed', 'allowed'])
      site.clock.advance(100)
      await behind.gate.revoke(of(caller))
      expect(await sessionCode(again, behind.app)).toBe('credential_invalid')
    },
  )

  test('that the store does not hear is an error, and ends nothing that others would honour', async () => {
    const cause = new Error('down')
    const { gate, app, ...broken } = await openSite(harness, {
      wrapStore: (store) => ({ ...store, revokeCredentials: throwing(cause) }),
    })
    onTestFinished(() => app.close())
    const session = await broken.signIn()
    await expect(gate.revoke({ wallet: session.wallet.address })).rejects.toBe(cause)
    expect(await sessionCode(session, app)).toBe('allowed')
  })

  async function otherGate(clock: Partial<Clock> = {}) {
    const gate = site.makeGate({ clock: { ...site.clock, ...clock } })
    const app = await harness.start(describeService({ ...site, gate }))
    onTestFinished(() => app.close())
    return { app, gate }
  }
})

describe('the kill switch', () => {
  const nonsense: readonly unknown[] = [
    undefined,
    null,
    {},
    [],
    'all',
    7,
    true,
    { all: false },
    { all: 'true' },
    { all: undefined },
    { wallet: '' },
    { wallet: undefined },
    { wallet: 7 },
    { account: null },
    { account: '' },
    { account: ['a'] },
    { credential: {} },
    { session: 'a' },
    { Wallet: 'a' },
    { wallet: 'a', account: 'b' },
    { credential: 'a', all: true },
    { all: true, wallet: undefined },
    [{ all: true }],
  ]

  test.each(nonsense)('is not pulled for %j', async (target) => {
    const { gate, store } = createService()
    await store.issueApiKey({ accountId: 'a' })
    const pulled = gate.revoke(target as Target)
    await expect(pulled).rejects.toBeInstanceOf(GateError)
    await expect(pulled).rejects.toMatchObject({ code: 'ERR_GATE_OPTIONS' })
    await expect(store.revoke(target as Target)).rejects.toBeInstanceOf(GateError)
    const { credentials } = await store.describeCredentials()
    expect(credentials).toMatchObject([{ status: 'active' }])
  })

  test('is not there on a gate without a store', async () => {
    const options: GateOptions = { findCredential: () => null }
    await expect(createGate(options).revoke({ all: true })).rejects.toMatchObject({
      code: 'ERR_GATE_OPTIONS',
      problems: ['revoke needs a gate with a store'],
    })
  })

  test('is that of a whole gate: what is made from it by with() has the same', async () => {
    const { gate, store, clock } = createService()
    const { credentialId } = await store.issueApiKey({ accountId: 'a' })
    clock.advance(1)
    expect(await gate.with({ methods: ['apiKey'] }).revoke({ credential: credentialId })).toBe(true)
    const revokedAtMs = clock.wallMs()
    expect(await store.describeCredential(credentialId)).toMatchObject({ status: 'revoked', revokedAtMs })
  })
})
