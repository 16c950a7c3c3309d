import assert from 'node:assert/strict'
import type { Change } from '../ports/store.js'
import { atOnce, type StoreCalls, upTo } from './store-contract-calls.js'
import { DAY_MS, HOUR_MS, next, WALLETS } from './store-contract-entries.js'
import type { StoreCase } from './store-contract-fixture.js'

/** Cases of the change feed. */
export const feedCases: readonly StoreCase[] = [
  {
    name: 'tells of nothing where nothing was changed, and goes on from there',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const empty = await calls.changes(null)
      assert.deepEqual([empty.changes, empty.hasMore], [[], false])
      const again = await other.changes(empty.cursor)
      assert.deepEqual([again.changes, again.hasMore], [[], false])
      const ended = make.revocation('session', 'first')
      await calls.revoke(ended)
      for (const cursor of [null, empty.cursor, again.cursor]) {
        for (const { changes } of [calls, other]) {
          const page = await changes(cursor)
          assert.deepEqual([page.changes, page.hasMore], [[ended], false])
          const behind = await other.changes(page.cursor)
          assert.deepEqual([behind.changes, behind.hasMore], [[], false])
        }
      }
    },
  },
  {
    name: 'tells of everything that is ended or changed, as it was ended and in that order',
    async use({ calls, make, clock }) {
      const [key, pair, last] = [
        make.key(),
        make.pair({ accountId: 'acme' }),
        make.key({ accountId: 'last' }),
      ]
      for (const entry of [key, pair, last]) await calls.add(entry)
      const { cursor } = await calls.changesFrom(null)
      const revocations = [
        make.revocation('session', 'a-session'),
        make.revocation('credential', key.id, { untilMs: clock.wallMs() + HOUR_MS }),
        make.revocation('wallet', WALLETS[0], { atMs: clock.wallMs() - 5, untilMs: Number.MAX_SAFE_INTEGER }),
        make.revocation('account', 'acme', { untilMs: clock.wallMs() + 40 * DAY_MS }),
        make.revocation('account', 'nobody: "x" \\ % 💡'),
        make.revocation('all', ''),
        make.revocation('session', key.id),
      ]
      await calls.change(next(last, { name: 'changed' }))
      for (const revocation of revocations) await calls.revoke(revocation)
      const [changed, ...told] = (await calls.changesFrom(cursor)).changes
      assert.deepEqual([changed?.kind, changed?.id], ['credential', last.id])
      assert.ok(Number.isFinite(changed?.atMs) && Number(changed?.untilMs) >= Number(changed?.atMs))
      assert.deepEqual(apart(told), apart(revocations.map((each) => laterThan(told, each))))
      const all = (await calls.changesFrom(null)).changes
      for (const [at, group] of apart(told).entries()) {
        assert.deepEqual(apart(all)[at]?.slice(-group.length), group)
      }
    },
  },
  {
    name: 'tells of a thing again where it is changed again, behind what was told before',
    async use({ calls, make, clock }) {
      const entry = make.key()
      await calls.add(entry)
      const second = next(entry, { status: 'disabled' })
      await calls.change(second)
      await calls.revoke(make.revocation('account', 'acme'))
      await calls.revoke(make.revocation('session', 'a-session'))
      const { cursor } = await calls.changesFrom(null)
      clock.advance(1)
      await calls.change(next(second, { status: 'active' }))
      const again = [make.revocation('account', 'acme'), make.revocation('session', 'a-session')]
      for (const revocation of again) await calls.revoke(revocation)
      const [changed, ...told] = (await calls.changesFrom(cursor)).changes
      assert.deepEqual([changed?.kind, changed?.id], ['credential', entry.id])
      assert.deepEqual(told, again)
    },
  },
  {
    name: 'tells of a revocation that is made again as a later one that ends no less, whatever the clocks say',
    async use({ calls, make, clock }) {
      const wide = make.revocation('account', 'acme', { untilMs: clock.wallMs() + 30 * DAY_MS })
      // As from an instance whose clock is behind.
      const narrow = { ...wide, atMs: wide.atMs - 10, untilMs: wide.atMs + HOUR_MS }
      for (const revocation of [wide, narrow]) await calls.revoke(revocation)
      const told = (await calls.changesFrom(null)).changes.filter(({ id }) => id === 'acme')
      const what = `what ended at ${wide.atMs} and was ended again is told of in ${JSON.stringify(told)}`
      assert.ok(Number(told.at(-1)?.atMs) > wide.atMs, what)
      assert.ok(
        told.some(({ untilMs }) => untilMs >= wide.untilMs),
        what,
      )
    },
  },
  {
    name: 'answers from where a cursor points, whichever instance made it and however often it is asked',
    async use({ make, instances }) {
      const stores = await instances()
      const cursors: (string | null)[] = [null]
      const made: Change[] = []
      for (const at of upTo(12)) {
        const ended = make.revocation('session', `session-${at}`)
        await stores[at % 2 === 0 ? 0 : 1].revoke(ended)
        made.push(ended)
        cursors.push((await stores[at % 3 === 0 ? 0 : 1].changesFrom(cursors[at] ?? null)).cursor)
      }
      for (const [at, cursor] of [...cursors.entries(), ...cursors.entries()]) {
        for (const { changesFrom } of stores) {
          assert.deepEqual((await changesFrom(cursor)).changes, made.slice(at))
        }
      }
    },
  },
  {
    name: 'pages through more than a thousand changes, and forgets none of the last hour',
    async use({ calls, make, clock, instances }) {
      const stores = await instances()
      const rounds = upTo(22).map((round) =>
        upTo(50).map((at) => make.revocation('session', `${round}-${at}`, { untilMs: clock.wallMs() + 1 })),
      )
      for (const round of rounds) await atOnce(stores, round, ({ revoke }, ended) => revoke(ended))
      clock.advance(HOUR_MS - 1_000)
      const late = make.revocation('session', 'late')
      await calls.revoke(late)
      const told: Change[] = []
      for (let cursor: string | null = null; ; ) {
        const page = await stores[told.length % 2 === 0 ? 0 : 1].changes(cursor)
        told.push(...page.changes)
        cursor = page.cursor
        if (!page.hasMore) break
        assert.ok(page.changes.length > 0, 'a page with more behind it is not empty')
      }
      assert.equal(told.length, 22 * 50 + 1)
      assert.deepEqual(told.at(-1), late)
      for (const [at, round] of rounds.entries()) {
        assert.deepEqual(idsOf(told.slice(at * 50, at * 50 + 50)), idsOf(round), `round ${at} has its place`)
      }
    },
  },
  {
    name: 'keeps a change until nothing can be left of what it ended',
    async use({ calls, make, clock }) {
      const long = make.revocation('wallet', WALLETS[0], { untilMs: clock.wallMs() + 30 * DAY_MS })
      const short = make.revocation('session', 'short', { untilMs: clock.wallMs() + 1 })
      for (const revocation of [long, short]) await calls.revoke(revocation)
      const { cursor } = await calls.changesFrom(null)
      for (const day of upTo(29)) {
        clock.advance(DAY_MS)
        const daily = upTo(8).map((at) =>
          make.revocation('session', `${day}-${at}`, { untilMs: clock.wallMs() + 1 }),
        )
        await atOnce([calls], daily, ({ revoke }, ended) => revoke(ended))
        const behind = (await calls.changesFrom(cursor)).changes
        assert.deepEqual(idsOf(behind.slice(-8)), idsOf(daily))
      }
      clock.advance(DAY_MS - 1)
      const told = (await calls.changesFrom(null)).changes
      assert.deepEqual(
        told.filter(({ kind }) => kind === 'wallet'),
        [long],
      )
    },
  },
  {
    name: 'loses nothing of what is changed at the same time to a reader who follows it',
    async use({ make, instances }) {
      const stores = await instances()
      const [calls, other] = stores
      const entries = upTo(60).map((at) => make.key({ accountId: at < 40 ? 'large' : 'small' }))
      await atOnce(stores, entries, ({ add }, entry) => add(entry))
      const { cursor } = await calls.changesFrom(null)
      // Slow ones among quick ones: what is begun first is not what is done first.
      const revocations = upTo(40).map((at) =>
        at % 10 === 5 ? make.revocation('account', 'large') : make.revocation('session', `session-${at}`),
      )
      const changed = entries.slice(40, 60)
      const reader = follower(other, cursor)
      const writes = [
        ...revocations.map((revocation, at) => (at % 2 === 0 ? calls : other).revoke(revocation)),
        ...changed.map((entry, at) =>
          (at % 2 === 0 ? other : calls).change(next(entry, { name: 'changed' })),
        ),
      ]
      assert.deepEqual(
        await Promise.all(writes.map((write) => write.finally(reader.read))),
        Array(60).fill(true),
      )
      const followed = await reader.finish()
      const expected = [...revocations, ...changed.map(({ id }) => ({ kind: 'credential', id }))]
      assert.deepEqual(
        new Set(followed.map(({ kind, id }) => `${kind} ${id}`)),
        new Set(expected.map(({ kind, id }) => `${kind} ${id}`)),
      )
    },
  },
]

const idsOf = (changes: readonly Change[]) => changes.map(({ id }) => id).toSorted()

/** Reads on whenever it is told to, one page after the other, as a gate does. */
function follower(store: StoreCalls, from: string | null) {
  const seen: Change[] = []
  let cursor = from
  let reading = Promise.resolve()
  const read = () => {
    reading = reading.then(async () => {
      const page = await store.changes(cursor)
      seen.push(...page.changes)
      cursor = page.cursor
    })
  }
  read()
  return {
    read,
    async finish(): Promise<readonly Change[]> {
      await reading
      const { changes } = await store.changesFrom(cursor)
      return [...seen, ...changes]
    },
  }
}

/** Ended sessions, and all the rest, each in their own order. */
function apart(changes: readonly Change[]): readonly (readonly Change[])[] {
  return [changes.filter(({ kind }) => kind === 'session'), changes.filter(({ kind }) => kind !== 'session')]
}

/** A change as it is told of where the same thing was told of before: with a later time, if it must. */
function laterThan(told: readonly Change[], change: Change): Change {
  const found = told.find(({ kind, id }) => kind === change.kind && id === change.id)
  return found !== undefined && found.atMs > change.atMs ? { ...change, atMs: found.atMs } : change
}
