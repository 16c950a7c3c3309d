import { describe, expect, it } from 'vitest'
import { ALICE, BOB } from '../support/addresses.js'
import { throwing } from '../support/failures.js'
import { BOUND_MS, feedKit } from './change-feed-kit.js'

const MAX_AGE_MS = 60_000

describe('a session of a store that has to be waited for', () => {
  it('is ended within the bound, and another of the same wallet is not', async () => {
    const { code, session, endSession, clock } = feedKit()
    const [ended, other] = [session(ALICE, 'a'), session(ALICE, 'b')]
    expect([await code(ended), await code(other)]).toEqual(['allowed', 'allowed'])
    await endSession('a')
    clock.advance(BOUND_MS - 1)
    expect(await code(ended)).toBe('allowed')
    clock.advance(1)
    expect([await code(ended), await code(other)]).toEqual(['credential_invalid', 'allowed'])
    clock.advance(MAX_AGE_MS)
    expect([await code(ended), await code(other)]).toEqual(['credential_invalid', 'allowed'])
  })

  it('is judged by what was heard until the bound is over, and an outage from then on', async () => {
    const { code, session, endSession, fault, clock } = feedKit()
    const [alice, bob, late] = [session(ALICE, 'a'), session(BOB, 'b'), session(BOB, 'c')]
    await endSession('b')
    expect([await code(alice), await code(bob)]).toEqual(['allowed', 'credential_invalid'])
    fault('changesSince', throwing())
    clock.advance(BOUND_MS - 1)
    expect([await code(alice), await code(bob), await code(late)]).toEqual([
      'allowed',
      'credential_invalid',
      'allowed',
    ])
    clock.advance(1)
    for (const token of [alice, bob, late]) expect(await code(token)).toBe('dependency_unavailable')
    fault('changesSince')
    clock.advance(100)
    expect([await code(alice), await code(bob)]).toEqual(['allowed', 'credential_invalid'])
  })

  it('is an outage on a gate that has never heard anything', async () => {
    const { code, session, fault } = feedKit()
    fault('changesSince', throwing())
    expect(await code(session(ALICE, 'a'))).toBe('dependency_unavailable')
  })

  it('is ended at once where the bound is 0', async () => {
    const { code, session, endSession, fault, clock } = feedKit({ revocationBoundMs: 0 })
    const token = session(ALICE, 'a')
    expect([await code(token), await code(token)]).toEqual(['allowed', 'allowed'])
    fault('changesSince', throwing())
    expect(await code(token)).toBe('dependency_unavailable')
    fault('changesSince')
    clock.advance(100)
    await endSession('a')
    expect(await code(token)).toBe('credential_invalid')
  })

  it('stays ended when changes are forgotten by the store, and more than a thousand are ended', async () => {
    const { code, session, endSession, fault, clock } = feedKit()
    const first = session(ALICE, 'first')
    await endSession('first')
    for (let at = 0; at < 3_000; at++) await endSession(`other ${at}`)
    expect(await code(first)).toBe('credential_invalid')
    fault('changesSince', () => ({ changes: [], cursor: '9', hasMore: false }))
    for (let hour = 0; hour < 23; hour++) {
      clock.advance(3_600_000)
      expect(await code(first)).toBe('credential_invalid')
    }
  })
})
