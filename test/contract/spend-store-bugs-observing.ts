import type { NewReservation } from '../../src/ports/spend-store.js'
import type { PromptSpendStore, SpendStoreBug } from './spend-store-bug.js'

/** Bugs of what is held although it was declined. */
export const observingBugs: readonly SpendStoreBug[] = [
  {
    bug: 'what is declined is never held',
    breaks: 'holds what is declined where it is to be held anyway',
    plant: (store) => anyway(store, (asked) => ({ ...asked, holdsAnyway: false })),
  },
  {
    bug: 'what is held anyway is told to be approved',
    breaks: 'holds what is declined where it is to be held anyway',
    plant: (store) => anyway(store, (asked) => ({ ...asked, takes: [] })),
  },
  {
    bug: 'what would be held anyway takes nothing, though it fits',
    breaks: 'takes of every limit what fits',
    plant: (store) => anyway(store, (asked) => ({ ...asked, takes: [] })),
  },
  {
    bug: 'what is held anyway is counted all the same',
    breaks: 'settles what is held anyway',
    plant: (store) =>
      anyway(store, (asked) => ({
        ...asked,
        takes: asked.takes.map((take) => ({ ...take, limit: 10n ** 20n })),
      })),
  },
  {
    bug: 'what was declined is settled by nobody',
    breaks: 'settles what is held anyway',
    plant: ({ settle, readReservation, readDecision }) => ({
      settle(settlement, options) {
        const read = readReservation(settlement.id, options)
        const decision = readDecision(read?.reservation.decisionId ?? '', options)
        if (read === undefined || decision?.outcome === 'approved') return settle(settlement, options)
        return { isNew: false, reservation: read.reservation }
      },
    }),
  },
  {
    bug: 'what is held anyway is held for ever',
    breaks: 'lets what is held anyway expire',
    plant: (store) => anyway(store, (asked) => ({ ...asked, ttlMs: Number.MAX_SAFE_INTEGER })),
  },
  {
    bug: 'what was held anyway is not made anew',
    breaks: 'makes anew what was held anyway',
    plant: ({ reserve, readReservation }) => ({
      reserve(decision, asked, options) {
        const isKnown = readReservation(asked?.id ?? '', options)?.reservation.state === 'released'
        return reserve(decision, asked && { ...asked, renews: asked.renews && !isKnown }, options)
      },
    }),
  },
  {
    bug: 'whatever is declined may be made anew, though it is held',
    breaks: 'holds anyway once',
    plant: ({ reserve, settle, readReservation, readDecision }) => ({
      reserve(decision, asked, options) {
        const read = readReservation(asked?.id ?? '', options)
        const before = readDecision(read?.reservation.decisionId ?? '', options)
        if (asked !== null && before?.outcome === 'declined') settle({ id: asked.id, as: 'release' }, options)
        return reserve(decision, asked, options)
      },
    }),
  },
]

/** A store that is asked for something else where something is to be held anyway. */
function anyway(
  { reserve }: PromptSpendStore,
  change: (asked: NewReservation) => NewReservation,
): Pick<PromptSpendStore, 'reserve'> {
  return {
    reserve: (decision, asked, options) =>
      reserve(decision, asked?.holdsAnyway === true ? change(asked) : asked, options),
  }
}
