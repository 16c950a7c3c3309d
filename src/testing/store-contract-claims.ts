import assert from 'node:assert/strict'
import { atOnce, upTo } from './store-contract-calls.js'
import { almost, HOUR_MS, ODD_TEXTS, shown } from './store-contract-entries.js'
import type { StoreCase } from './store-contract-fixture.js'

/** Cases of claims. */
export const claimCases: readonly StoreCase[] = [
  {
    name: 'lets a claim be had by the first who makes it and by nobody after, on any instance',
    async use({ clock, instances }) {
      const [calls, other] = await instances()
      const untilMs = clock.wallMs() + HOUR_MS
      assert.equal(await calls.claim('jti:a', untilMs), true)
      for (const laterMs of [untilMs, untilMs + 1, untilMs + HOUR_MS, clock.wallMs() + 1, untilMs]) {
        assert.equal(await calls.claim('jti:a', laterMs), false)
        assert.equal(await other.claim('jti:a', laterMs), false)
      }
      assert.equal(await other.claim('jti:b', untilMs), true)
      assert.equal(await calls.claim('jti:b', untilMs), false)
    },
  },
  {
    name: 'tells claims apart byte for byte, whatever they are called',
    async use({ clock, instances }) {
      const [calls, other] = await instances()
      const untilMs = clock.wallMs() + HOUR_MS
      const long = 'x'.repeat(10_000)
      const keys = [...ODD_TEXTS, 'jti:Key', ...almost('jti:Key'), `${long}1`, `${long}2`, '\u00e9']
      assert.equal(new Set(keys).size, keys.length)
      for (const key of keys) {
        assert.equal(await calls.claim(key, untilMs), true, `the first claim of ${shown(key)}`)
        assert.equal(await other.claim(key, untilMs), false, `the second claim of ${shown(key)}`)
      }
    },
  },
  {
    name: 'lets exactly one of many who claim at the same time have it',
    async use({ clock, instances }) {
      const stores = await instances()
      const untilMs = clock.wallMs() + HOUR_MS
      for (const key of ['one', 'another']) {
        const answers = await atOnce(stores, upTo(50), ({ claim }, at) => claim(key, untilMs + at))
        assert.equal(answers.filter((first) => first).length, 1)
      }
    },
  },
  {
    name: 'holds a claim until it ends, among many that end sooner, and although others come for it',
    async use({ calls, clock }) {
      const untilMs = clock.wallMs() + HOUR_MS
      assert.equal(await calls.claim('kept', untilMs), true)
      for (const round of upTo(6)) {
        const endMs = clock.wallMs() + 60_000
        const keys = upTo(100).map((at) => `short-${round}-${at}`)
        const answers = await atOnce([calls], keys, ({ claim }, key) => claim(key, endMs))
        assert.deepEqual(answers, Array(100).fill(true))
        assert.equal(await calls.claim('kept', endMs), false)
        clock.advance(HOUR_MS / 6 - 1)
      }
      assert.equal(await calls.claim('kept', clock.wallMs() + 1), false)
    },
  },
  {
    name: 'forgets no claim where the wall clock is stepped back',
    async use({ calls, clock }) {
      const untilMs = clock.wallMs() + HOUR_MS
      assert.equal(await calls.claim('a', untilMs), true)
      clock.stepWall(-HOUR_MS)
      assert.equal(await calls.claim('a', untilMs), false)
      assert.equal(await calls.claim('b', untilMs), true)
      clock.advance(HOUR_MS + 1)
      for (const key of ['a', 'b']) assert.equal(await calls.claim(key, untilMs), false)
    },
  },
]
