import { cursorOf, inOrder, type Place, placeOf } from '../../credentials/page-cursor.js'
import type { DecisionQuery, KeptDecision, SpendStore } from '../../ports/spend-store.js'
import { createQueue } from './queue.js'

/** How many decisions are kept: the latest. */
export const MAX_DECISIONS = 100_000

/** The decision log of one process. */
export interface DecisionLog extends Pick<SpendStore, 'listDecisions' | 'readDecision'> {
  /** Throws, and keeps nothing, where there is one of this id. */
  add(decision: KeptDecision): KeptDecision
}

/** A decision log that forgets its oldest decisions. */
export function createDecisionLog(): DecisionLog {
  const byId = new Map<string, KeptDecision>()
  const ofAccount = new Map<string, Set<KeptDecision>>()
  const inTurn = createQueue<KeptDecision>()

  function forgetOldest(): void {
    const oldest = inTurn.takeBeyond(MAX_DECISIONS)
    if (oldest === undefined) return
    byId.delete(oldest.id)
    const own = ofAccount.get(oldest.accountId)
    own?.delete(oldest)
    if (own?.size === 0) ofAccount.delete(oldest.accountId)
  }

  return {
    add(decision) {
      if (byId.has(decision.id)) throw new Error('a decision of this id is kept already')
      const kept = Object.freeze({
        ...decision,
        exceeded: Object.freeze([...decision.exceeded]),
        sums: Object.freeze([...decision.sums]),
      })
      byId.set(kept.id, kept)
      const own = ofAccount.get(kept.accountId) ?? new Set()
      ofAccount.set(kept.accountId, own.add(kept))
      inTurn.add(kept)
      forgetOldest()
      return kept
    },
    readDecision: (id) => byId.get(id),
    listDecisions(query) {
      const all = [...(ofAccount.get(query.accountId) ?? [])]
        .filter(matching(query))
        .sort((a, b) => inOrder(placeOfDecision(b), placeOfDecision(a)))
      const decisions = all.slice(0, query.limit)
      const last = decisions.at(-1)
      const hasMore = all.length > query.limit && last !== undefined
      return { decisions, next: hasMore ? cursorOf(placeOfDecision(last)) : null }
    },
  }
}

function matching(query: DecisionQuery): (decision: KeptDecision) => boolean {
  const { agentId, mandateId, outcome, after } = query
  const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = query
  const place = after === undefined ? undefined : placeOf(after)
  if (after !== undefined && place === undefined) throw new Error('this is no cursor of the store')
  return (decision) =>
    (agentId === undefined || decision.agentId === agentId) &&
    (mandateId === undefined || decision.mandateId === mandateId) &&
    (outcome === undefined || decision.outcome === outcome) &&
    decision.atMs >= sinceMs &&
    decision.atMs < untilMs &&
    (place === undefined || inOrder(placeOfDecision(decision), place) < 0)
}

function placeOfDecision({ atMs, id }: KeptDecision): Place {
  return { createdAtMs: atMs, id }
}
