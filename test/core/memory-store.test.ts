import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../support/clock.js'

const OPTIONS = { signal: new AbortController().signal }

describe('a memory store', () => {
  it('answers at once, so that a gate need not wait for it', async () => {
    const store = memoryStore()
    const lookup = { kind: 'apiKey', digest: 'x' } as const
    expect(store.findCredential(lookup, OPTIONS)).toBeUndefined()
    expect(store.claim('a', Date.now() + 1_000, OPTIONS)).toBe(true)
  })
})

describe('a memory store that holds a million claims', () => {
  const clock = manualClock()
  const store = memoryStore({ clock })
  const claim = (key: string) => store.claim(key, clock.wallMs() + 1_000, OPTIONS)

  it('refuses to claim rather than to forget', () => {
    for (let count = 0; count < 1_000_000; count++) claim(`claim-${count}`)
    expect(() => claim('one more')).toThrow(/1000000 claims/)
    expect(claim('claim-0')).toBe(false)
  })

  it('claims again once they are over', () => {
    clock.advance(1_000)
    expect(claim('one more')).toBe(true)
  })
})
