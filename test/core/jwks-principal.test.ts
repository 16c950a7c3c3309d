import type { JwksPrincipal } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { accessOf } from '../support/decisions.js'
import { throwing } from '../support/failures.js'
import { CLAIMS, ec, ISSUER, jwksKit, now, stranger } from './jwks-kit.js'

describe('a principal that the host reads', () => {
  const asPrincipal = (answer: unknown) => jwksKit({ principal: () => answer as JwksPrincipal })

  it('is what the callback says of verified claims', async () => {
    const principal = (claims: Readonly<Record<string, unknown>>) => ({
      accountId: `org-${claims.org}`,
      role: 'processor',
      scopes: ['charge'],
      wallets: [ALICE],
    })
    const { gate, request } = jwksKit({ principal })
    const access = await accessOf(gate, request(await ec.sign({ ...CLAIMS, sub: undefined, org: 7 })))
    expect(access.principal).toEqual({
      kind: 'jwks',
      accountId: 'org-7',
      credentialId: 'org-7',
      role: 'processor',
      scopes: ['charge'],
      wallets: [ALICE],
    })
    expect(access.wallet?.address).toBe(ALICE)
  })

  it('is not asked for before the token is proven and in time', async () => {
    let asked = 0
    const principal = () => ({ accountId: `a${++asked}` })
    const { code } = jwksKit({ principal })
    await code(await stranger.sign(CLAIMS))
    await code(await ec.sign({ ...CLAIMS, exp: now - 60 }))
    await code(await ec.sign({ ...CLAIMS, aud: 'x' }))
    expect(asked).toBe(0)
    await code(await ec.sign(CLAIMS))
    expect(asked).toBe(1)
  })

  it('may leave out what it does not know', async () => {
    const { gate, request } = asPrincipal({})
    expect((await accessOf(gate, request(await ec.sign(CLAIMS)))).principal).toMatchObject({
      accountId: `${ISSUER}|user-1`,
      scopes: [],
    })
  })

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'admin'],
    ['a promise', Promise.resolve({ accountId: 'a', scopes: ['admin'] })],
    ['an empty account', { accountId: '' }],
    ['a number for the account', { accountId: 5 }],
    ['a control character in the account', { accountId: 'a\nb' }],
    ['a number for the role', { role: 5 }],
    ['an empty role', { role: '' }],
    ['a text for the scopes', { scopes: 'admin' }],
    ['a number among the scopes', { scopes: ['a', 5] }],
    ['a text for the wallets', { wallets: ALICE }],
    ['a wallet that is no address', { wallets: ['alice'] }],
    ['nothing for a wallet', { wallets: [undefined] }],
  ])('is never made of %s: that is an outage', async (_what, answer) => {
    const { code } = asPrincipal(answer)
    expect(await code(await ec.sign(CLAIMS))).toBe('dependency_unavailable')
  })

  it('is never made where the callback throws', async () => {
    const { code } = jwksKit({
      principal: throwing(new Error('no such organisation')),
    })
    expect(await code(await ec.sign(CLAIMS))).toBe('dependency_unavailable')
  })
})
