import { describe, expect, it } from 'vitest'
import { type StoreHarness, withStore as withStoreOf } from './store-harness.js'

/** What single use rests on. */
export function claimContract(harness: StoreHarness): void {
  const { name } = harness
  const withStore = (use: Parameters<typeof withStoreOf>[1]) => withStoreOf(harness, use)

  describe(`a claim in the store ${name}`, () => {
    it('is had by the first who makes it, and by nobody after', () =>
      withStore(async ({ claim }) => {
        expect(await claim('a', 1_000)).toBe(true)
        expect(await claim('a', 1_000)).toBe(false)
        expect(await claim('a', 999_999)).toBe(false)
        expect(await claim('b', 1_000)).toBe(true)
        for (const odd of ['A', 'a ', '', '__proto__', 'constructor', 'a\0']) {
          expect(await claim(odd, 1_000)).toBe(true)
          expect(await claim(odd, 1_000)).toBe(false)
        }
      }))

    it('is had by exactly one of many at the same time', () =>
      withStore(async ({ claim }) => {
        const answers = await Promise.all(Array.from({ length: 50 }, () => claim('a', 1_000)))
        expect(answers.filter((first) => first)).toHaveLength(1)
      }))

    it('holds until it ends, and then anew', () =>
      withStore(async ({ clock, claim }) => {
        expect(await claim('a', 1_000)).toBe(true)
        clock.advance(999)
        expect(await claim('a', 1_000)).toBe(false)
        clock.advance(1)
        expect(await claim('a', 1_000)).toBe(true)
        expect(await claim('a', 1_000)).toBe(false)
      }))

    it('is not lengthened by those who come too late', () =>
      withStore(async ({ clock, claim }) => {
        await claim('a', 1_000)
        clock.advance(999)
        await claim('a', 1_000)
        clock.advance(1)
        expect(await claim('a', 1_000)).toBe(true)
      }))

    it.each([3_600_000, -3_600_000])('is not forgotten where the wall clock is stepped by %d ms', (step) =>
      withStore(async ({ clock, claim }) => {
        expect(await claim('a', 1_000)).toBe(true)
        clock.stepWall(step)
        expect(await claim('a', 1_000)).toBe(false)
        clock.advance(999)
        expect(await claim('a', 1_000)).toBe(false)
      }),
    )

    it('holds among many others', () =>
      withStore(async ({ clock, claim }) => {
        expect(await claim('kept', 60_000)).toBe(true)
        for (let count = 0; count < 5_000; count++) await claim(`short-${count}`, 10)
        clock.advance(20)
        for (let count = 0; count < 5_000; count++) await claim(`later-${count}`, 10)
        expect(await claim('kept', 60_000)).toBe(false)
        expect(await claim('short-1', 10)).toBe(true)
      }))
  })
}
