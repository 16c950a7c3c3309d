import { memoryLimits } from 'sallyport/limits'
import { describe, expect, it, vi } from 'vitest'
import type { RawResponse } from '../support/http.js'
import { expectLimited, startApp, UNKNOWN_KEY } from './app.js'
import { describeBackend, eventually, openFixture } from './kit.js'
import { sharedBackends } from './registry.js'

const statusOf = ({ status }: RawResponse) => status
const two = { requests: 2, windowSeconds: 60 }

describe('the limit of an account', () => {
  it('counts the requests of all its keys together, and nobody else’s', async () => {
    const app = await startApp(memoryLimits({ account: two }))
    const [first, second] = [await app.keyFor('acme'), await app.keyFor('acme')]
    expect((await app.ask(first)).status).toBe(200)
    expect((await app.ask(second)).status).toBe(200)
    expectLimited(await app.ask(first), 60)
    expectLimited(await app.ask(second), 60)
    expect((await app.ask(await app.keyFor('robots'))).status).toBe(200)
  })

  it('counts a request once, however many guards it passes', async () => {
    const app = await startApp(memoryLimits({ account: two }))
    const key = await app.keyFor('acme')
    expect((await app.ask(key, { target: '/stacked' })).status).toBe(200)
    expect((await app.ask(key, { target: '/stacked' })).status).toBe(200)
    expectLimited(await app.ask(key, { target: '/stacked' }), 60)
  })

  it('is no matter to credentials that are refused', async () => {
    const app = await startApp(memoryLimits({ account: two }))
    for (let count = 0; count < 4; count++) expect((await app.ask(UNKNOWN_KEY)).status).toBe(401)
  })

  it('lets requests pass again when its window has ended', async () => {
    const app = await startApp(memoryLimits({ account: { requests: 1, windowSeconds: 1 } }))
    const key = await app.keyFor('acme')
    expect((await app.ask(key)).status).toBe(200)
    expectLimited(await app.ask(key), 1)
    await vi.waitFor(async () => expect((await app.ask(key)).status).toBe(200), eventually)
  })

  it('is told with the wait that is left of a block', async () => {
    const app = await startApp(
      memoryLimits({ account: { requests: 1, windowSeconds: 60, blockSeconds: 600 } }),
    )
    const key = await app.keyFor('acme')
    await app.ask(key)
    const answer = await app.ask(key)
    expectLimited(answer, 600)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(590)
  })
})

describe('the limit of failed credentials', () => {
  it('answers 401 until it is reached, then 429, to one address and not to others', async () => {
    const app = await startApp(memoryLimits({ failures: two }))
    for (let count = 0; count < 2; count++) {
      const answer = await app.ask(UNKNOWN_KEY, { ip: '192.0.2.1' })
      expect(answer.status).toBe(401)
      expect(answer.headers.has('www-authenticate')).toBe(true)
    }
    expectLimited(await app.ask(UNKNOWN_KEY, { ip: '192.0.2.1' }), 60)
    expectLimited(await app.ask(`${'a.'.repeat(2)}a`, { ip: '192.0.2.1' }), 60)
    expect((await app.ask(UNKNOWN_KEY, { ip: '192.0.2.2' })).status).toBe(401)
  })

  it('lets a good credential pass, whoever failed from the same address', async () => {
    const app = await startApp(memoryLimits({ failures: two }))
    for (let count = 0; count < 4; count++) await app.ask(UNKNOWN_KEY)
    expectLimited(await app.ask(UNKNOWN_KEY), 60)
    expect((await app.ask(await app.keyFor('acme'))).status).toBe(200)
    expectLimited(await app.ask(UNKNOWN_KEY), 60)
  })

  it('does not count requests without a credential, nor refuses them', async () => {
    const app = await startApp(memoryLimits({ failures: { requests: 1, windowSeconds: 60 } }))
    for (let count = 0; count < 3; count++) expect((await app.ask()).status).toBe(401)
    expect((await app.ask(UNKNOWN_KEY)).status).toBe(401)
    expectLimited(await app.ask(UNKNOWN_KEY), 60)
    expect((await app.ask()).status).toBe(401)
  })

  it('counts a /64 network of IPv6 together, and an IPv4 address however it is written', async () => {
    const app = await startApp(memoryLimits({ failures: { requests: 1, windowSeconds: 60 } }))
    expect((await app.ask(UNKNOWN_KEY, { ip: '2001:db8:0:1::a' })).status).toBe(401)
    expectLimited(await app.ask(UNKNOWN_KEY, { ip: '2001:DB8::1:ffff:0:0:b' }), 60)
    expect((await app.ask(UNKNOWN_KEY, { ip: '2001:db8:0:2::a' })).status).toBe(401)
    expect((await app.ask(UNKNOWN_KEY, { ip: '::ffff:192.0.2.1' })).status).toBe(401)
    expectLimited(await app.ask(UNKNOWN_KEY, { ip: '192.0.2.1' }), 60)
    expect((await app.ask(UNKNOWN_KEY, { ip: '::ffff:192.0.2.2' })).status).toBe(401)
  })
})

describe('two gates that share limits in', () => {
  for (const harness of sharedBackends) {
    describeBackend(harness, () => {
      it('let exactly as many of many requests at once through', async () => {
        const fixture = await openFixture(harness)
        const account = { requests: 10, windowSeconds: 60 }
        const one = await startApp(await fixture.instance({ account }))
        const other = await one.another(await fixture.instance({ account }))
        const key = await one.keyFor('acme')
        const asked = Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? one : other).ask(key))
        const statuses = (await Promise.all(asked)).map(statusOf)
        expect(statuses.filter((status) => status === 200)).toHaveLength(10)
        expect(statuses.filter((status) => status === 429)).toHaveLength(20)
      })

      it('count failed credentials of an address together', async () => {
        const fixture = await openFixture(harness)
        const limits = { failures: two }
        const one = await startApp(await fixture.instance(limits))
        const other = await one.another(await fixture.instance(limits))
        expect((await one.ask(UNKNOWN_KEY)).status).toBe(401)
        expect((await other.ask(UNKNOWN_KEY)).status).toBe(401)
        expectLimited(await one.ask(UNKNOWN_KEY), 60)
        expectLimited(await other.ask(UNKNOWN_KEY), 60)
      })
    })
  }
})
