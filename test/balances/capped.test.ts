import { describe, expect, it } from 'vitest'
import { capped } from '../../src/balances/capped.js'
import { guardedSource } from '../harness/balances/guarded-source.js'
import { callAt, heldSource } from '../harness/balances/held-source.js'
import { outcomeOf, query, settled, untilEnded } from '../harness/balances/readings.js'

describe('calls beyond the cap', () => {
  it('wait, so that the upstream never sees more than maxInFlight at a time', async () => {
    const upstream = heldSource()
    const source = guardedSource(upstream, capped({ maxInFlight: 3 }))
    const asked = Array.from({ length: 20 }, () => source.read(query(), untilEnded()))
    for (let at = 0; at < 20; at++) {
      await settled()
      expect(upstream.inFlight).toBeLessThanOrEqual(3)
      callAt(upstream, at).answer(BigInt(at))
    }
    await Promise.all(asked)
    expect(upstream.most).toBe(3)
    expect(upstream.calls).toHaveLength(20)
  })

  it('are let in in the order in which they came', async () => {
    const upstream = heldSource()
    const source = guardedSource(upstream, capped({ maxInFlight: 1 }))
    for (const owner of ['a', 'b', 'c']) void source.read(query({ owner }), untilEnded())
    for (let at = 0; at < 3; at++) {
      await settled()
      callAt(upstream, at).answer()
    }
    expect(upstream.calls.map(({ query: asked }) => asked?.owner)).toEqual(['a', 'b', 'c'])
  })

  it('are refused at once where too many wait', async () => {
    const upstream = heldSource()
    const source = guardedSource(upstream, capped({ maxInFlight: 2, maxWaiting: 3 }))
    const asked = Array.from({ length: 5 }, () => outcomeOf(source.read(query(), untilEnded())))
    await expect(source.read(query(), untilEnded())).rejects.toThrow('3 calls are already waiting')
    for (let at = 0; at < 5; at++) {
      await settled()
      callAt(upstream, at).answer(5n)
    }
    expect(await Promise.all(asked)).toEqual([5n, 5n, 5n, 5n, 5n])
    const next = source.read(query(), untilEnded())
    await settled()
    callAt(upstream, -1).answer(6n)
    expect(await next).toMatchObject({ amount: 6n })
  })

  it('share their places with questions after mints', async () => {
    const upstream = heldSource()
    const source = guardedSource(upstream, capped({ maxInFlight: 1 }))
    const mint = source.readMint('any', untilEnded())
    void source.read(query(), untilEnded())
    await settled()
    expect(upstream.calls).toHaveLength(1)
    callAt(upstream, 0).answer()
    expect(await mint).toEqual({ decimals: 9 })
    await settled()
    expect(upstream.calls).toHaveLength(2)
  })

  it('leave when their caller gives up, and never reach the upstream', async () => {
    const upstream = heldSource()
    const source = guardedSource(upstream, capped({ maxInFlight: 1, maxWaiting: 1 }))
    const first = source.read(query({ owner: 'first' }), untilEnded())
    const impatient = new AbortController()
    const second = source.read(query({ owner: 'second' }), { signal: impatient.signal })
    impatient.abort(new Error('gave up'))
    await expect(second).rejects.toThrow('gave up')
    const third = source.read(query({ owner: 'third' }), untilEnded())
    callAt(upstream, 0).answer(1n)
    await first
    await settled()
    callAt(upstream, 1).answer(3n)
    expect(await third).toMatchObject({ amount: 3n })
    expect(upstream.calls.map(({ query: asked }) => asked?.owner)).toEqual(['first', 'third'])
  })

  it('do not wait where their caller has given up before', async () => {
    const upstream = heldSource()
    const source = guardedSource(upstream, capped({ maxInFlight: 1, maxWaiting: 1 }))
    const gone = { signal: AbortSignal.abort(new Error('gone')) }
    await expect(source.read(query(), gone)).rejects.toThrow('gone')
    expect(upstream.calls).toHaveLength(0)
    void source.read(query(), untilEnded())
    await expect(source.read(query(), gone)).rejects.toThrow('gone')
    void source.read(query({ owner: 'third' }), untilEnded())
    await settled()
    callAt(upstream, 0).answer()
    await settled()
    expect(upstream.calls.map(({ query: asked }) => asked?.owner)).toEqual([query().owner, 'third'])
  })
})

describe('how long the caller waits', () => {
  it('is handed on at once, and no longer after a wait in the queue', async () => {
    const told: (number | undefined)[] = []
    const upstream = heldSource()
    const source = guardedSource(
      {
        ...upstream,
        read(one, options) {
          told.push(options.timeoutMs)
          return upstream.read(one, options)
        },
      },
      capped({ maxInFlight: 1 }),
    )
    const asked = [1, 2].map(() => outcomeOf(source.read(query(), { ...untilEnded(), timeoutMs: 700 })))
    for (const at of [0, 1]) {
      await settled()
      callAt(upstream, at).answer(5n)
    }
    expect(await Promise.all(asked)).toEqual([5n, 5n])
    expect(told).toEqual([700, undefined])
  })
})

describe('a place', () => {
  it('is given up by calls that fail, are thrown or are ended', async () => {
    const upstream = heldSource({ heeds: true })
    let throwing = true
    const source = guardedSource(
      {
        ...upstream,
        read(one, options) {
          if (throwing) throw new Error('thrown at once')
          return upstream.read(one, options)
        },
      },
      capped({ maxInFlight: 2, maxWaiting: 100 }),
    )
    for (let at = 0; at < 10; at++) await expect(source.read(query(), untilEnded())).rejects.toThrow('thrown')
    throwing = false
    for (let at = 0; at < 10; at++) {
      const failing = outcomeOf(source.read(query(), untilEnded()))
      await settled()
      callAt(upstream, -1).fail()
      expect(await failing).toBe('rejected')
      const ended = new AbortController()
      const ending = outcomeOf(source.read(query(), { signal: ended.signal }))
      await settled()
      ended.abort(new Error('ended'))
      expect(await ending).toBe('rejected')
    }
    const before = upstream.calls.length
    const full = [1, 2, 3].map(() => outcomeOf(source.read(query(), untilEnded())))
    await settled()
    expect(upstream.calls.length - before).toBe(2)
    callAt(upstream, -1).fail()
    await settled()
    expect(upstream.calls.length - before).toBe(3)
    for (const at of [-1, -3]) callAt(upstream, at).answer(4n)
    expect(await Promise.all(full)).toEqual([4n, 'rejected', 4n])
  })
})
