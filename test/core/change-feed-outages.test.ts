import { describe, expect, it } from 'vitest'
import { refusalOf, wireOf } from '../support/decisions.js'
import { throwing } from '../support/failures.js'
import { BOUND_MS, settled, warmKit } from './change-feed-kit.js'

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe('following the changes of a store', () => {
  it('asks twice a second at most, however many requests there are', async () => {
    const { code, key, calls, clock } = await warmKit()
    const before = calls('changesSince')
    for (let ms = 0; ms < 10_000; ms += 10) {
      await Promise.all([code(key), code(key)])
      clock.advance(10)
    }
    await settled()
    expect(calls('changesSince') - before).toBeLessThanOrEqual(20)
    expect(calls('changesSince') - before).toBeGreaterThanOrEqual(18)
  })

  it('asks only while requests come: nothing polls for nobody, and no timer waits', async () => {
    const before = timers()
    const { code, key, calls, clock } = await warmKit()
    const polls = calls('changesSince')
    clock.advance(30_000)
    await settled()
    expect(calls('changesSince')).toBe(polls)
    expect(timers()).toBeLessThanOrEqual(before)
    expect(await code(key)).toBe('allowed')
    expect(calls('changesSince')).toBe(polls + 1)
  })

  it('asks once for all who wait', async () => {
    const { code, key, issue, calls, clock } = await warmKit()
    const other = await issue()
    await code(other.key)
    clock.advance(BOUND_MS)
    const polls = calls('changesSince')
    const codes = await Promise.all(
      Array.from({ length: 500 }, (_none, at) => code(at % 2 === 0 ? key : other.key)),
    )
    expect(new Set(codes)).toEqual(new Set(['allowed']))
    expect(calls('changesSince')).toBe(polls + 1)
  })

  it('sees a change that is behind more than a thousand others', async () => {
    const { code, key, calls, clock, inner, credentialId, issue } = await warmKit()
    for (let made = 0; made < 2_500; made++) await issue()
    await inner.revoke({ credential: credentialId })
    clock.advance(BOUND_MS)
    const polls = calls('changesSince')
    expect(await code(key)).toBe('credential_invalid')
    expect(calls('changesSince')).toBe(polls + 3)
  })

  it('begins anew after a long silence, and keeps nothing from before it', async () => {
    const { code, key, calls, clock, fault, inner, credentialId } = await warmKit()
    await inner.revoke({ credential: credentialId })
    // A store that has forgotten: it tells of changes for an hour at least, and no longer.
    fault('changesSince', (cursor) => ({ changes: [], cursor: String(cursor ?? 7), hasMore: false }))
    clock.advance(1_800_001)
    const reads = calls('findCredential')
    expect(await code(key)).toBe('credential_invalid')
    expect(calls('findCredential')).toBe(reads + 1)
  })

  // Each sign-in polls, so that two polls side by side are nothing rare.
  it('sees all pages though two polls read them side by side', async () => {
    const kit = await warmKit({ portTimeoutMs: 10_000 })
    const { code, key, clock, inner, credentialId, issue, hold, releaseOne, release } = kit
    for (let made = 0; made < 1_200; made++) await issue()
    await inner.revoke({ credential: credentialId })
    hold('changesSince')
    clock.advance(BOUND_MS)
    const first = code(key)
    await settled()
    clock.advance(BOUND_MS)
    const second = code(key)
    await settled()
    // Both have asked for the same page; the first goes on to the next, which is slow.
    releaseOne('changesSince')
    await settled()
    releaseOne('changesSince')
    await settled()
    const answered = await Promise.race([second, settled().then(() => 'still waiting')])
    expect(answered).not.toBe('allowed')
    release('changesSince')
    await Promise.all([first, second])
    expect(await code(key)).toBe('credential_invalid')
  })
})

describe('a store that cannot tell what has changed', () => {
  const OUTAGE = 'dependency_unavailable'

  it('is relied on until the bound is over since it could, and is an outage from then on', async () => {
    const { code, key, fault, clock, gate, requestOf } = await warmKit()
    fault('changesSince', throwing())
    for (let ms = 0; ms < BOUND_MS; ms += 100) {
      expect(await code(key)).toBe('allowed')
      await settled()
      clock.advance(100)
    }
    for (let ms = 0; ms < 10_000; ms += 50) {
      expect(await code(key)).toBe(OUTAGE)
      await settled()
      clock.advance(50)
    }
    const { status, headers, body } = wireOf(await refusalOf(gate, requestOf(key)))
    expect([status, headers['Retry-After'], body.retryable]).toEqual([503, '2', true])
    expect(JSON.stringify(body)).not.toContain('down')
  })

  it('counts the bound from when the last good poll began, not from when it was answered', async () => {
    const { code, key, fault, clock, hold, release } = await warmKit({ portTimeoutMs: 60_000 })
    clock.advance(500)
    hold('changesSince')
    expect(await code(key)).toBe('allowed')
    clock.advance(1_000)
    release('changesSince')
    await settled()
    fault('changesSince', throwing())
    clock.advance(BOUND_MS - 1_001)
    expect(await code(key)).toBe('allowed')
    await settled()
    clock.advance(1)
    expect(await code(key)).toBe(OUTAGE)
  })

  it('is believed again as soon as it can', async () => {
    const { code, key, fault, clock, inner, credentialId } = await warmKit()
    fault('changesSince', throwing())
    clock.advance(BOUND_MS)
    expect(await code(key)).toBe(OUTAGE)
    fault('changesSince')
    clock.advance(100)
    expect(await code(key)).toBe('allowed')
    fault('changesSince', throwing())
    clock.advance(BOUND_MS)
    expect(await code(key)).toBe(OUTAGE)
    await inner.revoke({ credential: credentialId })
    fault('changesSince')
    clock.advance(100)
    expect(await code(key)).toBe('credential_invalid')
  })

  it('is asked ten times a second at most, however many requests there are', async () => {
    const { code, key, fault, calls, clock } = await warmKit()
    fault('changesSince', throwing())
    clock.advance(BOUND_MS)
    const polls = calls('changesSince')
    for (let ms = 0; ms < 1_000; ms += 20) {
      const codes = await Promise.all(Array.from({ length: 20 }, () => code(key)))
      expect(new Set(codes)).toEqual(new Set([OUTAGE]))
      clock.advance(20)
    }
    expect(calls('changesSince') - polls).toBeLessThanOrEqual(10)
    expect(calls('changesSince') - polls).toBeGreaterThanOrEqual(8)
  })

  it('is asked so seldom too while it is still relied on', async () => {
    const { code, key, fault, calls, clock } = await warmKit()
    fault('changesSince', throwing())
    const polls = calls('changesSince')
    for (let ms = 0; ms < BOUND_MS; ms += 20) {
      expect(await code(key)).toBe('allowed')
      await settled()
      clock.advance(20)
    }
    expect(calls('changesSince') - polls).toBeLessThanOrEqual(15)
  })

  it('that hangs is an outage within the time a port has, for all who wait', async () => {
    const { code, key, hold, release, clock, calls } = await warmKit({ portTimeoutMs: 30 })
    clock.advance(BOUND_MS)
    hold('changesSince')
    const polls = calls('changesSince')
    const startedMs = performance.now()
    const codes = await Promise.all(Array.from({ length: 20 }, () => code(key)))
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    expect(new Set(codes)).toEqual(new Set([OUTAGE]))
    expect(calls('changesSince')).toBe(polls + 1)
    release('changesSince')
    clock.advance(100)
    expect(await code(key)).toBe('allowed')
  })

  it('that hangs keeps nobody waiting while what was heard is fresh', async () => {
    const { gate, requestOf, key, hold, release, clock } = await warmKit({ portTimeoutMs: 30 })
    hold('changesSince')
    for (let ms = 500; ms < BOUND_MS; ms += 100) {
      clock.advance(ms === 500 ? 500 : 100)
      expect(gate(requestOf(key))).toMatchObject({ type: 'allow' })
    }
    release('changesSince')
    await settled()
  })

  it('is an outage also where it fails on a later page', async () => {
    const { code, key, fault, clock, inner, credentialId, issue } = await warmKit()
    for (let made = 0; made < 1_200; made++) await issue()
    await inner.revoke({ credential: credentialId })
    let pages = 0
    fault('changesSince', (cursor) => {
      if (++pages > 1) throw new Error('down')
      return inner.changesSince(cursor as string, { signal: AbortSignal.timeout(1_000) })
    })
    clock.advance(BOUND_MS)
    expect(await code(key)).toBe(OUTAGE)
    fault('changesSince')
    clock.advance(100)
    expect(await code(key)).toBe('credential_invalid')
  })

  it.each([
    ['nothing', () => undefined],
    ['no changes', () => ({ cursor: '7', hasMore: false })],
    ['a rejection', () => Promise.reject(new Error('down'))],
  ])('is never a pass or a 401 where it answers %s', async (_what, answer) => {
    const { code, key, fault, clock } = await warmKit()
    fault('changesSince', answer)
    clock.advance(BOUND_MS)
    for (let asked = 0; asked < 3; asked++) {
      expect(await code(key)).toBe(OUTAGE)
      clock.advance(100)
    }
  })

  it('rejects nothing behind the gate', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const { code, key, fault, clock } = await warmKit()
    fault('changesSince', () => Promise.reject(new Error('down')))
    clock.advance(600)
    expect(await code(key)).toBe('allowed')
    await settled()
    await settled()
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })
})

describe('a store that tells nonsense of what has changed', () => {
  const pages: readonly (readonly [what: string, page: unknown])[] = [
    ['null', null],
    ['nothing', undefined],
    ['a page without changes', { cursor: '1', hasMore: false }],
    ['a page without a cursor', { changes: [], hasMore: false }],
    ['a change that is none', { changes: [null], cursor: '1', hasMore: false }],
  ]
  it.each(pages)('is an outage once the bound is over, and ends nothing else: %s', async (_what, page) => {
    const { code, key, fault, clock } = await warmKit()
    fault('changesSince', () => page)
    // In between a poll that nobody waits for fails: an unhandled rejection would end the process.
    clock.advance(600)
    expect(await code(key)).toBe('allowed')
    await settled()
    clock.advance(BOUND_MS)
    expect(await code(key)).toBe('dependency_unavailable')
    fault('changesSince')
    clock.advance(200)
    expect(await code(key)).toBe('allowed')
  })

  it('is waited for no longer than any other, though it never comes to an end', async () => {
    const { code, key, fault, clock } = await warmKit({ portTimeoutMs: 30 })
    let asked = 0
    fault('changesSince', async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return { changes: [], cursor: String(1_000_000 + ++asked), hasMore: true }
    })
    clock.advance(BOUND_MS)
    expect(await code(key)).toBe('dependency_unavailable')
    fault('changesSince')
    clock.advance(BOUND_MS)
    expect(await code(key)).toBe('allowed')
  })
})
