import type { DecisionPage, KeptDecision, NewReservation } from '../../src/ports/spend-store.js'
import { memoryStore } from '../../src/stores/memory.js'
import type { PromptSpendStore, SpendStoreBug } from './spend-store-bug.js'

/** Bugs of settling. */
const settlingBugs: readonly SpendStoreBug[] = [
  {
    bug: 'all of it is committed, whatever was spent',
    breaks: 'commits all of it, a part of it',
    plant: ({ settle }) => ({ settle: ({ id, as }, options) => settle({ id, as }, options) }),
  },
  {
    bug: 'whatever is held by now is ended',
    breaks: 'ends nothing that another decision has made anew',
    plant: ({ settle }) => ({
      settle: ({ decisionId: _decisionId, ...rest }, options) => settle(rest, options),
    }),
  },
  {
    bug: 'nothing is no amount',
    breaks: 'commits all of it, a part of it',
    plant: ({ settle }) => ({
      settle: ({ id, as, amount }, options) => settle({ id, as, ...(amount ? { amount } : {}) }, options),
    }),
  },
  {
    bug: 'what is released stays counted',
    breaks: 'gives all of it back when it is released',
    plant: (store) => withReserve(store, (asked) => ({ ...asked, takes: lasting(asked) })),
  },
  {
    bug: 'everything is counted at one moment',
    breaks: 'gives back where it was counted',
    plant: (store) =>
      withReserve(store, (asked) => ({
        ...asked,
        takes: asked.takes.map((take) => ({ ...take, atMs: 1_000 })),
      })),
  },
  {
    bug: 'a single use is given back',
    breaks: 'counts a time until it is released',
    plant: (store) =>
      withReserve(store, (asked) => ({
        ...asked,
        takes: asked.takes.map((take) => (take.measures === 'use' ? { ...take, measures: 'count' } : take)),
      })),
  },
  {
    bug: 'what is committed for nothing is released',
    breaks: 'counts a time until it is released',
    plant: ({ settle }) => ({
      settle: (settlement, options) =>
        settle(settlement.amount === 0n ? { id: settlement.id, as: 'release' } : settlement, options),
    }),
  },
  {
    bug: 'settling again is settling',
    breaks: 'settles once',
    plant: ({ settle }) => ({
      settle(...given) {
        const settled = settle(...given)
        return settled && { ...settled, isNew: true }
      },
    }),
  },
  {
    bug: 'what was declined is settled too',
    breaks: 'settles nothing that is not there',
    plant: ({ settle }) => ({
      settle(...given) {
        const settled = settle(...given)
        return settled?.reservation.state === 'declined' ? { ...settled, isNew: true } : settled
      },
    }),
  },
  {
    bug: 'as much is committed as there is',
    breaks: 'throws, and changes nothing',
    plant: ({ settle, readReservation }) => ({
      settle(settlement, options) {
        const most = readReservation(settlement.id, options)?.reservation.amount ?? 0n
        const { amount = most } = settlement
        return settle({ ...settlement, amount: amount > most ? most : amount }, options)
      },
    }),
  },
  {
    bug: 'it is looked whether something is held, and then settled',
    breaks: 'settles by exactly one of many',
    plant: ({ settle, readReservation }) => ({
      async settle(settlement, options) {
        const before = readReservation(settlement.id, options)
        await Promise.resolve()
        const settled = settle(settlement, options)
        return settled && { ...settled, isNew: before?.reservation.state === 'held' }
      },
    }),
  },
]

/** Bugs of what is held beyond its time. */
const expiryBugs: readonly SpendStoreBug[] = [
  {
    bug: 'a time is over a millisecond early',
    breaks: 'holds a reservation until its time is over',
    plant: (store) => withReserve(store, (asked) => ({ ...asked, ttlMs: asked.ttlMs - 1 })),
  },
  ...['reserving', 'reading'].map(
    (verb): SpendStoreBug => ({
      bug: `a time is over when somebody writes it down, and not when it is: ${verb}`,
      breaks: `counts a time that is over at once, before anybody has written it down: ${verb}`,
      plant: (_, clock) => lagging(clock),
    }),
  ),
  {
    bug: 'a settlement that comes late is honoured',
    breaks: 'answers a settlement that comes late',
    plant: (_, clock) => lagging(clock),
  },
  {
    bug: 'whatever is over is released',
    breaks: 'counts a time that is over at once, before anybody has written it down: reading',
    plant: (store) => withReserve(store, (asked) => ({ ...asked, onExpiry: 'release' })),
  },
  {
    bug: 'whatever is over is committed',
    breaks: 'counts a time that is over at once, before anybody has written it down: reserving',
    plant: (store) => withReserve(store, (asked) => ({ ...asked, onExpiry: 'commit' })),
  },
  {
    bug: 'more expiries are written down than were asked for',
    breaks: 'writes down what is held beyond its time',
    plant: ({ expireReservations }) => ({
      expireReservations: (_, options) => expireReservations(1_000, options),
    }),
  },
  {
    bug: 'nobody knows how many expiries were written down',
    breaks: 'writes down what is held beyond its time',
    plant: ({ expireReservations }) => ({
      expireReservations(...given) {
        expireReservations(...given)
        return 0
      },
    }),
  },
  {
    bug: 'it is looked what is over, and then written down',
    breaks: 'counts every expiry once',
    plant(store, clock) {
      const ends = new Map<string, number>()
      return {
        ...withReserve(store, (asked) => {
          ends.set(asked.id, clock.wallMs() + asked.ttlMs)
          return asked
        }),
        async expireReservations(limit, options) {
          const over = [...ends].filter(([, endMs]) => endMs <= clock.wallMs())
          await Promise.resolve()
          for (const [id] of over) ends.delete(id)
          store.expireReservations(limit, options)
          return over.length
        },
      }
    },
  },
  {
    bug: 'what has expired is not made anew',
    breaks: 'makes anew what was given back when its time was over',
    plant: ({ reserve, readReservation }) => ({
      reserve(decision, asked, options) {
        const isOver = readReservation(asked?.id ?? '', options)?.reservation.expired === true
        return reserve(decision, asked && { ...asked, renews: asked.renews && !isOver }, options)
      },
    }),
  },
]

/** Bugs of the decision log. */
const decisionBugs: readonly SpendStoreBug[] = [
  {
    bug: 'decisions of one moment are listed by their ids upwards',
    breaks: 'lists whole decisions, the latest first',
    plant: ({ listDecisions }) => ({
      listDecisions(...given) {
        const page = listDecisions(...given)
        const order = (a: KeptDecision, b: KeptDecision) => b.atMs - a.atMs || (a.id < b.id ? -1 : 1)
        return { ...page, decisions: page.decisions.toSorted(order) }
      },
    }),
  },
  {
    bug: "accounts' names are trimmed",
    breaks: "lists an account's decisions",
    plant: ({ listDecisions }) => ({
      listDecisions: (query, options) =>
        listDecisions({ ...query, accountId: query.accountId.trim() }, options),
    }),
  },
  {
    bug: 'a time ends with its last moment',
    breaks: 'lists what was decided on an agent',
    plant: ({ listDecisions }) => ({
      listDecisions: ({ untilMs, ...query }, options) =>
        listDecisions({ ...query, ...(untilMs === undefined ? {} : { untilMs: untilMs + 1 }) }, options),
    }),
  },
  {
    bug: 'of two filters one counts',
    breaks: 'lists what was decided on an agent',
    plant: ({ listDecisions }) => ({
      listDecisions({ agentId, mandateId, ...query }, options) {
        const agent = agentId === undefined ? {} : { agentId }
        const mandate = mandateId === undefined || agentId !== undefined ? {} : { mandateId }
        return listDecisions({ ...query, ...agent, ...mandate }, options)
      },
    }),
  },
  {
    bug: 'a cursor counts what came before',
    breaks: 'answers full pages of decisions',
    plant: ({ listDecisions }) => ({
      listDecisions({ after, limit, ...query }, options): DecisionPage {
        const { decisions } = listDecisions({ ...query, limit: 1_000 }, options)
        const from = after === undefined ? 0 : Number(after)
        const next = from + limit < decisions.length ? String(from + limit) : null
        return { decisions: decisions.slice(from, from + limit), next }
      },
    }),
  },
  {
    bug: 'a document loses its NUL',
    breaks: 'reads a decision by its id',
    plant: ({ readDecision }) => ({
      readDecision(id, options) {
        const decision = readDecision(id, options)
        return decision && { ...decision, document: decision.document.replaceAll('\0', '') }
      },
    }),
  },
  {
    bug: 'a decision tells what became of its reservation',
    breaks: 'changes no decision once it is made',
    plant: ({ readDecision, readReservation }) => ({
      readDecision(id, options) {
        const decision = readDecision(id, options)
        const read = readReservation(decision?.reservationId ?? '', options)
        const outcome = read?.reservation.state === 'released' ? 'declined' : decision?.outcome
        return decision && outcome && { ...decision, outcome }
      },
    }),
  },
]

/** Bugs of settling, of expiry and of decisions. */
export const endingBugs: readonly SpendStoreBug[] = [...settlingBugs, ...expiryBugs, ...decisionBugs]

function withReserve(
  { reserve }: PromptSpendStore,
  change: (asked: NewReservation) => NewReservation,
): Pick<PromptSpendStore, 'reserve'> {
  return { reserve: (decision, asked, options) => reserve(decision, asked && change(asked), options) }
}

/** Whatever is released, none of it comes back. */
function lasting(asked: NewReservation): NewReservation['takes'] {
  return asked.takes.map((take) => ({ ...take, measures: 'use' }))
}

/** A store that looks at the clock when something is reserved that is not over, or expiry is written down. */
function lagging(clock: Parameters<SpendStoreBug['plant']>[1]): PromptSpendStore {
  let nowMs = clock.wallMs()
  const inner = memoryStore({ clock: { wallMs: () => nowMs, monotonicMs: clock.monotonicMs } })
  const store = inner as unknown as PromptSpendStore
  return {
    ...store,
    expireReservations(limit, options) {
      nowMs = clock.wallMs()
      return store.expireReservations(limit, options)
    },
  }
}
