import assert from 'node:assert/strict'
import { spendAtOnce } from './spend-store-contract-calls.js'
import type { SpendCase } from './spend-store-contract-fixture.js'
import { keptOf, take } from './spend-store-contract-making.js'
import { upTo } from './store-contract-calls.js'
import { ODD_TEXTS } from './store-contract-entries.js'

const ACME = { accountId: 'acme' } as const

/** Cases of the decision log. */
export const spendDecisionCases: readonly SpendCase[] = [
  {
    name: 'lists whole decisions, the latest first, and by their ids downwards where they are of one moment',
    async use({ make, clock, reserve, instances }) {
      const [calls, other] = await instances()
      assert.deepEqual(await calls.decisions({ ...ACME, limit: 1_000 }), { decisions: [], next: null })
      const nowMs = clock.wallMs()
      const ids = ['b', 'aa', 'aB', 'a0', 'a-', 'a', '_', 'Z', 'B', 'A']
      const same = ids.map((id) => make.decision({ id, atMs: nowMs }))
      const [earlier, later] = [make.decision({ atMs: nowMs - 1 }), make.decision({ atMs: nowMs + 1 })]
      for (const decision of [earlier, ...same.toReversed(), later]) await calls.reserve(decision, null)
      const full = { agentId: 'agent', mandateId: 'mandate', atMs: nowMs + 2 }
      const takes = [take('spent', 10n), take('times', 1n, { measures: 'count' })]
      const { decision: declined } = await reserve({ amount: 11n, takes }, full)
      assert.deepEqual(declined.exceeded, [0])
      const decisions = [declined, ...[later, ...same, earlier].map((one) => keptOf(one))]
      assert.deepEqual(await other.decisions({ ...ACME, limit: 1_000 }), { decisions, next: null })
      for (const limit of [1, 3]) assert.deepEqual(await other.allDecisions({ ...ACME, limit }), decisions)
    },
  },
  {
    name: "lists an account's decisions and nobody else's",
    async use({ calls, make }) {
      const accounts = ['acme', 'Acme', 'acme ', 'acm', 'acm_', '%', ...ODD_TEXTS]
      const decisions = [...new Set(accounts)].map((accountId) => make.decision({ accountId }))
      await spendAtOnce([calls], decisions, ({ reserve }, decision) => reserve(decision, null))
      for (const decision of decisions) {
        const { accountId } = decision
        assert.deepEqual(await calls.allDecisions({ accountId }), [keptOf(decision)])
      }
      assert.deepEqual(await calls.allDecisions({ accountId: 'nobody' }), [])
    },
  },
  {
    name: 'lists what was decided on an agent, under a mandate, one way, within a time, and by all of these',
    async use({ make, clock, reserve, instances }) {
      const [calls, other] = await instances()
      const nowMs = clock.wallMs()
      const agents = ['one', 'One', null]
      const made = []
      for (const at of upTo(24)) {
        const agentId = agents[at % 3] ?? null
        const mandateId = at % 2 === 0 ? 'm' : null
        const place = { atMs: nowMs + at, agentId, mandateId }
        // By the caller, by a limit, and not at all.
        if (at % 4 === 0)
          made.push(await calls.reserve(make.decision({ ...place, outcome: 'declined' }), null))
        else made.push(await reserve({ takes: [take('spent', at % 4 === 1 ? 1n : 1_000n)] }, place))
      }
      await calls.reserve(make.decision({ accountId: 'rival', agentId: 'one', mandateId: 'm' }), null)
      const decisions = made.map(({ decision }) => decision).toReversed()
      const check = async (filter: Parameters<typeof calls.allDecisions>[0], count: number) => {
        const { agentId, mandateId, outcome, sinceMs = 0, untilMs = Number.POSITIVE_INFINITY } = filter
        const expected = decisions.filter(
          (one) =>
            (agentId === undefined || one.agentId === agentId) &&
            (mandateId === undefined || one.mandateId === mandateId) &&
            (outcome === undefined || one.outcome === outcome) &&
            one.atMs >= sinceMs &&
            one.atMs < untilMs,
        )
        assert.equal(expected.length, count)
        for (const limit of [1_000, 2]) {
          assert.deepEqual(await other.allDecisions({ ...filter, limit }), expected)
        }
      }
      await check(ACME, 24)
      await check({ ...ACME, agentId: 'one' }, 8)
      await check({ ...ACME, mandateId: 'm' }, 12)
      await check({ ...ACME, outcome: 'declined' }, 12)
      await check({ ...ACME, outcome: 'approved' }, 12)
      await check({ ...ACME, sinceMs: nowMs + 20 }, 4)
      await check({ ...ACME, untilMs: nowMs + 20 }, 20)
      await check({ ...ACME, sinceMs: nowMs + 5, untilMs: nowMs + 6 }, 1)
      await check({ ...ACME, sinceMs: nowMs + 6, untilMs: nowMs + 6 }, 0)
      await check({ ...ACME, agentId: 'nobody' }, 0)
      await check({ ...ACME, agentId: '' }, 0)
      const all = { agentId: 'one', mandateId: 'm', outcome: 'declined' } as const
      await check({ ...ACME, ...all, sinceMs: nowMs + 1, untilMs: nowMs + 20 }, 1)
    },
  },
  {
    name: 'answers full pages of decisions without a gap or a repeat, whatever is decided in between',
    async use({ make, clock, instances }) {
      const [calls, other] = await instances()
      const nowMs = clock.wallMs()
      const made = upTo(24).map((at) => make.decision({ atMs: nowMs + Math.floor(at / 5) }))
      for (const decision of made) await calls.reserve(decision, null)
      const decisions = made.map((one) => keptOf(one)).toReversed()
      for (const limit of [1, 5, 23, 24, 1_000]) {
        let after: string | undefined
        for (let from = 0; from < decisions.length; from += limit) {
          const page = await calls.decisions({
            ...ACME,
            limit,
            ...(after === undefined ? { untilMs: nowMs + 100 } : { after }),
          })
          assert.deepEqual(page.decisions, decisions.slice(from, from + limit))
          const last = decisions[from + limit - 1]
          const isLast = from + limit >= decisions.length
          assert.equal(page.next, isLast ? null : `${last?.atMs}:${last?.id}`)
          after = page.next ?? undefined
          await other.reserve(make.decision({ atMs: nowMs + 100 }), null)
        }
      }
      const rest = await calls.decisions({ ...ACME, limit: 1_000, after: `${nowMs + 2}:A` })
      assert.deepEqual(rest.decisions, decisions.slice(-10))
    },
  },
  {
    name: 'reads a decision by its id, whatever it says, and none that was never made',
    async use({ make, instances }) {
      const [calls, other] = await instances()
      const texts = [...ODD_TEXTS.filter((text) => text !== ''), 'A', 'a', 'a\\0', 'x:y']
      const decisions = texts.map((text) =>
        make.decision({
          id: text,
          accountId: text,
          agentId: text,
          mandateId: text,
          document: `{"${text}":1 }`,
        }),
      )
      await spendAtOnce([calls, other], decisions, async ({ reserve }, decision) => {
        assert.equal((await reserve(decision, null)).isNew, true)
      })
      for (const decision of decisions) {
        const kept = keptOf(decision)
        const { accountId, id: agentId, id: mandateId } = decision
        assert.deepEqual(await other.decision(decision.id), kept)
        assert.deepEqual(await calls.allDecisions({ accountId, agentId, mandateId }), [kept])
      }
      assert.equal(await calls.decision('nobody'), undefined)
      const long = make.decision({ document: `"${'x'.repeat(100_000)}"` })
      await calls.reserve(long, null)
      assert.deepEqual(await other.decision(long.id), keptOf(long))
    },
  },
  {
    name: 'changes no decision once it is made, by what becomes of its reservation or by another of its id',
    async use({ calls, make, clock, reserve }) {
      const takes = [take('spent', 100n)]
      const made = [
        await reserve({ takes }),
        await reserve({ takes }),
        await reserve({ takes, ttlMs: 1 }),
        await reserve({ takes, amount: 500n, renews: true }),
      ]
      const before = await calls.allDecisions(ACME)
      await calls.settle({ id: made[0]?.reservation?.id ?? '', as: 'commit', amount: 1n })
      await calls.settle({ id: made[1]?.reservation?.id ?? '', as: 'release' })
      clock.advance(1)
      await calls.expire(1_000)
      const double = make.decision({ id: before[0]?.id ?? '', document: '"another"', outcome: 'declined' })
      for (const asked of [null, make.reservation({ takes })]) {
        await calls.reserve(double, asked).catch(() => undefined)
      }
      assert.deepEqual(await calls.allDecisions(ACME), before)
      for (const decision of before) assert.deepEqual(await calls.decision(decision.id), decision)
    },
  },
]
