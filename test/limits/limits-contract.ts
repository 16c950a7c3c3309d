import { expect, it, vi } from 'vitest'
import type { LimitsHarness } from './harness.js'
import { eventually, openFixture, passing, stepWallClock, take } from './kit.js'

const HOUR_SECONDS = 3_600
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const HOSTILE_KEYS = [
  '',
  ' ',
  ':',
  'acme',
  'ACME',
  'acme:',
  'acme\0',
  'acme\n',
  "acme'; drop table sallyport_limits; --",
  '{acme}',
  '*',
  '__proto__',
  'constructor',
  '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  '#47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  '~000',
  'é',
  'e\u0301',
  '\ud800',
  '\ud801',
  '\ufffd',
  'x'.repeat(100),
  'x'.repeat(101),
  'x'.repeat(10_240),
  `${'x'.repeat(10_239)}y`,
]

/** What every backend answers for. */
export function limitsContract(harness: LimitsHarness): void {
  const hourly = { requests: 3, windowSeconds: HOUR_SECONDS }

  it('lets as many through as the limit says, and tells the rest how long to wait', async () => {
    const limits = await (await openFixture(harness)).instance({ account: hourly })
    for (let count = 0; count < 3; count++) {
      expect(await take(limits)).toEqual({ allowed: true, retryAfterMs: 0 })
    }
    for (let count = 0; count < 3; count++) {
      const { allowed, retryAfterMs } = await take(limits)
      expect(allowed).toBe(false)
      expect(retryAfterMs).toBeGreaterThan(HOUR_MS - 60_000)
      expect(retryAfterMs).toBeLessThanOrEqual(HOUR_MS)
    }
  })

  it('names the kinds that have a limit, and counts each for itself', async () => {
    const once = { requests: 1, windowSeconds: HOUR_SECONDS }
    const limits = await (await openFixture(harness)).instance({ connect: once, account: once })
    expect(limits.kinds).toEqual(['account', 'connect'])
    expect(limits.onOutage).toBe('refuse')
    expect(await take(limits, 'same', 'account')).toMatchObject({ allowed: true })
    expect(await take(limits, 'same', 'connect')).toMatchObject({ allowed: true })
    expect(await take(limits, 'same', 'connect')).toMatchObject({ allowed: false })
    await expect(take(limits, 'same', 'failures')).rejects.toThrow('no limit of the kind failures')
  })

  it('lets exactly as many of many at once through', async () => {
    const account = { requests: 20, windowSeconds: HOUR_SECONDS }
    const limits = await (await openFixture(harness)).instance({ account })
    expect(await passing(60, () => take(limits))).toBe(20)
  })

  it('counts every text apart from every other', async () => {
    const account = { requests: 1, windowSeconds: HOUR_SECONDS }
    const limits = await (await openFixture(harness)).instance({ account })
    for (const key of HOSTILE_KEYS)
      expect(await take(limits, key), JSON.stringify(key)).toMatchObject({ allowed: true })
    for (const key of HOSTILE_KEYS)
      expect(await take(limits, key), JSON.stringify(key)).toMatchObject({ allowed: false })
  })

  it('lets requests pass again once the window has ended', async () => {
    const limits = await (await openFixture(harness)).instance({ account: { requests: 2, windowSeconds: 1 } })
    expect(await passing(3, () => take(limits))).toBe(2)
    await vi.waitFor(async () => expect(await take(limits)).toMatchObject({ allowed: true }), eventually)
  })

  it('refuses whoever exceeds the limit for as long as the block lasts', async () => {
    const account = { requests: 1, windowSeconds: 1, blockSeconds: HOUR_SECONDS }
    const limits = await (await openFixture(harness)).instance({ account })
    await take(limits)
    for (let count = 0; count < 3; count++) {
      const { allowed, retryAfterMs } = await take(limits)
      expect(allowed).toBe(false)
      expect(retryAfterMs).toBeGreaterThan(HOUR_MS - 60_000)
      expect(retryAfterMs).toBeLessThanOrEqual(HOUR_MS)
    }
  })

  it('begins anew after a block', async () => {
    const account = { requests: 1, windowSeconds: 1, blockSeconds: 1 }
    const limits = await (await openFixture(harness)).instance({ account })
    expect(await passing(3, () => take(limits))).toBe(1)
    await vi.waitFor(async () => expect(await take(limits)).toMatchObject({ allowed: true }), eventually)
    expect(await take(limits)).toMatchObject({ allowed: false })
  })

  it('locks nobody out where the clock is stepped back', async () => {
    const limits = await (await openFixture(harness)).instance({ account: { requests: 2, windowSeconds: 1 } })
    expect(await passing(3, () => take(limits))).toBe(2)
    stepWallClock(-DAY_MS)
    await vi.waitFor(async () => {
      const { allowed, retryAfterMs } = await take(limits)
      expect(retryAfterMs).toBeLessThanOrEqual(1_000)
      expect(allowed).toBe(true)
    }, eventually)
    expect(await passing(3, () => take(limits))).toBeLessThanOrEqual(2)
  })

  it('names no wait longer than the window where the clock is stepped back a little', async () => {
    const limits = await (await openFixture(harness)).instance({ account: hourly })
    expect(await passing(4, () => take(limits))).toBe(3)
    stepWallClock(-HOUR_MS / 2)
    const { allowed, retryAfterMs } = await take(limits)
    expect(allowed).toBe(false)
    expect(retryAfterMs).toBeLessThanOrEqual(HOUR_MS)
  })

  it('lets no more than one more window through where the clock is stepped forward', async () => {
    const limits = await (await openFixture(harness)).instance({ account: hourly })
    expect(await passing(9, () => take(limits))).toBe(3)
    stepWallClock(DAY_MS)
    expect(await passing(9, () => take(limits))).toBeLessThanOrEqual(3)
    expect(await passing(9, () => take(limits))).toBe(0)
  })
}

/** What those answer for that several instances share. */
export function sharedLimitsContract(harness: LimitsHarness): void {
  it('lets exactly as many through over all instances', async () => {
    const fixture = await openFixture(harness)
    const account = { requests: 20, windowSeconds: HOUR_SECONDS }
    const instances = await Promise.all([1, 2, 3].map(() => fixture.instance({ account })))
    const ask = (at: number) => {
      const limits = instances[at % 3]
      if (limits === undefined) throw new Error('there is no such instance')
      return take(limits)
    }
    expect(await passing(60, ask)).toBe(20)
  })

  it('keeps what was counted beyond the end of an instance', async () => {
    const fixture = await openFixture(harness)
    const account = { requests: 1, windowSeconds: HOUR_SECONDS }
    await take(await fixture.instance({ account }))
    expect(await take(await fixture.instance({ account }))).toMatchObject({ allowed: false })
  })

  it('begins anew for a limit that was changed', async () => {
    const fixture = await openFixture(harness)
    const before = await fixture.instance({ account: { requests: 1, windowSeconds: HOUR_SECONDS } })
    expect(await passing(2, () => take(before))).toBe(1)
    const after = await fixture.instance({ account: { requests: 1, windowSeconds: 3_000 } })
    expect(await take(after)).toMatchObject({ allowed: true })
    const { allowed, retryAfterMs } = await take(after)
    expect(allowed).toBe(false)
    expect(retryAfterMs).toBeLessThanOrEqual(3_000_000)
  })
}
