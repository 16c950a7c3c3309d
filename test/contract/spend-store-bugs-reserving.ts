import type { NewReservation, Take } from '../../src/ports/spend-store.js'
import type { PromptSpendStore, SpendStoreBug } from './spend-store-bug.js'

/** Bugs of reserving. */
const reservingBugs: readonly SpendStoreBug[] = [
  {
    bug: 'a reservation begins when it was decided on, by the clock of who decided',
    breaks: 'holds what is reserved',
    plant: ({ reserve }) => ({
      reserve(decision, asked, options) {
        const reserved = reserve(decision, asked, options)
        const { reservation } = reserved
        return reservation === null
          ? reserved
          : { ...reserved, reservation: { ...reservation, createdAtMs: decision.atMs } }
      },
    }),
  },
  {
    bug: 'one more than the limit fits',
    breaks: 'takes up to the last unit',
    plant: (store) => withTakes(store, (take) => ({ ...take, limit: take.limit + 1n })),
  },
  {
    bug: 'one less than the limit is the limit',
    breaks: 'takes up to the last unit',
    plant: (store) => withTakes(store, (take) => ({ ...take, limit: take.limit - 1n })),
  },
  {
    bug: 'of the limits that do not fit the first is told',
    breaks: 'takes of every limit or of none',
    plant: ({ reserve }) => ({
      reserve(...given) {
        const reserved = reserve(...given)
        const { decision } = reserved
        return { ...reserved, decision: { ...decision, exceeded: decision.exceeded.slice(0, 1) } }
      },
    }),
  },
  {
    bug: 'what fits stays taken where something else does not',
    breaks: 'takes of every limit or of none',
    plant: ({ reserve }) => ({
      reserve(decision, asked, options) {
        const reserved = reserve(decision, asked, options)
        const { exceeded, id } = reserved.decision
        if (asked === null || exceeded.length === 0) return reserved
        const takes = asked.takes.filter((_, at) => !exceeded.includes(at))
        reserve(
          { ...decision, id: `${id} left`, accountId: 'left' },
          { ...asked, id: `${asked.id} left`, takes },
          options,
        )
        return reserved
      },
    }),
  },
  {
    bug: 'times are counted by the amount',
    breaks: 'counts amounts by the unit',
    plant: (store) => withTakes(store, (take) => ({ ...take, measures: 'amount' })),
  },
  {
    bug: 'a limit of nothing is none',
    breaks: 'reserves where no limit is set',
    plant: (store) =>
      withTakes(store, (take) => ({ ...take, limit: take.limit === 0n ? 10n ** 20n : take.limit })),
  },
  {
    bug: 'it is reserved whatever was decided',
    breaks: 'takes nothing by a decision that is declined',
    plant: ({ reserve }) => ({
      reserve: (decision, asked, options) => reserve({ ...decision, outcome: 'approved' }, asked, options),
    }),
  },
  {
    bug: 'a decision is not kept where nothing is reserved',
    breaks: 'only keeps the decision',
    plant: ({ readDecision }) => ({
      readDecision(id, options) {
        const decision = readDecision(id, options)
        return decision?.reservationId === null ? undefined : decision
      },
    }),
  },
  {
    bug: 'limits are checked, and then taken of',
    breaks: 'lets exactly as many through',
    plant: ({ reserve, readSums }) => ({
      async reserve(decision, asked, options) {
        const sums = readSums(asked?.takes ?? [], options)
        await Promise.resolve()
        const isOver = asked?.takes.some(
          ({ limit, measures }, at) => (sums[at] ?? 0n) + (measures === 'amount' ? asked.amount : 1n) > limit,
        )
        if (isOver === true) return reserve(decision, asked, options)
        return reserve(decision, asked && changed(asked, (take) => ({ ...take, limit: 10n ** 20n })), options)
      },
    }),
  },
]

/** Bugs of what is counted, and where. */
const sumBugs: readonly SpendStoreBug[] = [
  {
    bug: 'what was counted at the end of a span is outside of it',
    breaks: 'counts within a span what was counted at both',
    plant: ({ readSums }) => ({
      readSums: (spans, options) =>
        readSums(
          spans.map((span) => ({ ...span, toMs: span.toMs - 1 })),
          options,
        ),
    }),
  },
  {
    bug: 'what was counted at the beginning of a span is outside of it',
    breaks: 'counts within a span what was counted at both',
    plant: ({ readSums }) => ({
      readSums: (spans, options) =>
        readSums(
          spans.map((span) => ({ ...span, fromMs: span.fromMs + 1 })),
          options,
        ),
    }),
  },
  {
    bug: 'sums are answered by budget',
    breaks: 'answers the sums of spans in their order',
    plant: ({ readSums }) => ({
      readSums(spans, options) {
        const sums = new Map(spans.map((span) => [span.key, readSums([span], options)[0] ?? 0n]))
        return [...sums.values()]
      },
    }),
  },
  {
    bug: 'a span ends when it is counted in',
    breaks: 'holds a limit against what was counted within its span',
    plant: (store) => withTakes(store, (take) => ({ ...take, toMs: take.atMs })),
  },
  {
    bug: 'a budget has one window',
    breaks: 'keeps the windows of a calendar apart',
    plant: (store) => withTakes(store, (take) => ({ ...take, fromMs: 0 })),
  },
  {
    bug: 'the first moment that must be kept is forgotten',
    breaks: 'forgets nothing that it must keep',
    plant: (store) => withTakes(store, (take) => ({ ...take, keepFromMs: take.keepFromMs + 1 })),
  },
  {
    bug: 'sums are doubles',
    breaks: 'is exact with amounts of 64 bits',
    plant: ({ readSums }) => ({
      readSums: (...given) => readSums(...given).map((sum) => BigInt(Number(sum))),
    }),
  },
  {
    bug: 'amounts are of 64 bits with a sign',
    breaks: 'is exact with amounts of 64 bits',
    plant: ({ reserve }) => ({
      reserve: (decision, asked, options) =>
        reserve(decision, asked && { ...asked, amount: BigInt.asIntN(64, asked.amount) }, options),
    }),
  },
  {
    bug: 'what is committed is a double',
    breaks: 'gives large amounts back',
    plant: ({ settle }) => ({
      settle({ amount, ...settlement }, options) {
        const most = 2n ** 64n - 1n
        const rounded = amount === undefined ? undefined : BigInt(Number(amount))
        const bounded = rounded !== undefined && rounded > most ? most : rounded
        return settle({ ...settlement, ...(bounded === undefined ? {} : { amount: bounded }) }, options)
      },
    }),
  },
  {
    bug: 'budgets are called the same whatever their case',
    breaks: 'tells budgets and reservations apart',
    plant: (store) => ({
      ...withTakes(store, (take) => ({ ...take, key: take.key.toLowerCase() })),
      readSums: (spans, options) =>
        store.readSums(
          spans.map((span) => ({ ...span, key: span.key.toLowerCase() })),
          options,
        ),
    }),
  },
]

/** Bugs of asking again. */
const repeatingBugs: readonly SpendStoreBug[] = [
  {
    bug: 'every request leaves a decision',
    breaks: 'answers what is there where the id is known',
    plant: ({ reserve }) => ({
      reserve(decision, asked, options) {
        const reserved = reserve(decision, asked, options)
        if (!reserved.isNew) reserve(decision, null, options)
        return reserved
      },
    }),
  },
  {
    bug: 'the first answer is given for ever',
    breaks: 'answers a settled reservation as it stands',
    plant({ reserve }) {
      const first = new Map<string, ReturnType<PromptSpendStore['reserve']>>()
      return {
        reserve(decision, asked, options) {
          const reserved = first.get(asked?.id ?? '') ?? reserve(decision, asked, options)
          if (asked !== null) first.set(asked.id, { ...reserved, isNew: false })
          return reserved
        },
      }
    },
  },
  {
    bug: 'what was declined is asked anew',
    breaks: 'declines again what was declined',
    plant: ({ reserve }) => ({
      reserve: (decision, asked, options) => reserve(decision, asked && { ...asked, renews: true }, options),
    }),
  },
  {
    bug: 'it is looked whether a reservation is there, and then made',
    breaks: 'makes one of many reservations of the same id',
    plant: ({ reserve, readReservation }) => ({
      async reserve(decision, asked, options) {
        const isNew = readReservation(asked?.id ?? '', options) === undefined
        await Promise.resolve()
        return { ...reserve(decision, asked, options), isNew }
      },
    }),
  },
  {
    bug: 'nothing is made anew',
    breaks: 'makes anew what was declined or released',
    plant: ({ reserve }) => ({
      reserve: (decision, asked, options) => reserve(decision, asked && { ...asked, renews: false }, options),
    }),
  },
  {
    bug: 'what is declined again is nothing new',
    breaks: 'declines anew what is asked for anew',
    plant: ({ reserve, readReservation }) => ({
      reserve(decision, asked, options) {
        const before = readReservation(asked?.id ?? '', options)
        const reserved = reserve(decision, asked, options)
        const isNew = reserved.isNew && before?.reservation.state !== 'declined'
        return { ...reserved, isNew }
      },
    }),
  },
  {
    bug: 'what is held is made anew too',
    breaks: 'makes nothing anew that is held or committed',
    plant: ({ reserve, settle }) => ({
      reserve(decision, asked, options) {
        if (asked?.renews === true) settle({ id: asked.id, as: 'release' }, options)
        return reserve(decision, asked, options)
      },
    }),
  },
  {
    bug: 'it is looked whether a reservation was released, and then made anew',
    breaks: 'makes a reservation anew once',
    plant: ({ reserve, readReservation }) => ({
      async reserve(decision, asked, options) {
        const before = readReservation(asked?.id ?? '', options)
        await Promise.resolve()
        const reserved = reserve(decision, asked, options)
        return before?.reservation.state === 'released' ? { ...reserved, isNew: true } : reserved
      },
    }),
  },
]

/** Bugs of reserving, counting and asking again. */
export const takingBugs: readonly SpendStoreBug[] = [...reservingBugs, ...sumBugs, ...repeatingBugs]

function changed(asked: NewReservation, change: (take: Take) => Take): NewReservation {
  return { ...asked, takes: asked.takes.map(change) }
}

function withTakes(
  { reserve }: PromptSpendStore,
  change: (take: Take) => Take,
): Pick<PromptSpendStore, 'reserve'> {
  return {
    reserve: (decision, asked, options) => reserve(decision, asked && changed(asked, change), options),
  }
}
