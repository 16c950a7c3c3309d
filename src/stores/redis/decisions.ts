import { cursorOf } from '../../credentials/page-cursor.js'
import type { DecisionQuery, KeptDecision, NewDecision, SpendStore } from '../../ports/spend-store.js'
import type { RunScript } from './client.js'
import { LIST_DECISIONS, READ_DECISION } from './decision-scripts.js'
import { storedPlaceIn, storedPlaceOf } from './places.js'
import { amountOf, checkedInteger, checkedText, listOf, numberOf, textOf } from './replies.js'
import { nameOf, sortableOf } from './text.js'

/** What is known of a decision before it is kept. */
type Face = Omit<NewDecision, 'outcome'> & Pick<KeptDecision, 'reservationId'>

/** A decision as arguments: its name, face, outcome and place, and the lists that it is in. */
export function decisionArguments(decision: NewDecision, reservationId: string | null): string[] {
  const { id, atMs, accountId, agentId, mandateId, outcome, document } = decision
  checkedText('atMs', atMs)
  const lists = [
    accountList(accountId),
    ...(agentId === null ? [] : [agentList(accountId, agentId)]),
    ...(mandateId === null ? [] : [mandateList(accountId, mandateId)]),
  ]
  const face: Face = { id, atMs, accountId, agentId, mandateId, reservationId, document }
  return [nameOf(id), JSON.stringify(face), outcome, storedPlaceOf(atMs, id), JSON.stringify(lists)]
}

/** A decision as it is kept. */
export function keptDecisionOf(reply: unknown): KeptDecision {
  const [, outcome, exceeded = '', sums = '', face = ''] =
    /^([^|]*)\|([^|]*)\|([^|]*)\|[^|]*\|(.*)$/su.exec(textOf(reply)) ?? []
  return {
    ...(JSON.parse(face) as Face),
    outcome: outcome as KeptDecision['outcome'],
    exceeded: partsOf(exceeded).map(numberOf),
    sums: partsOf(sums).map(amountOf),
  }
}

/** The log of decisions. */
export function createDecisions(run: RunScript): Pick<SpendStore, 'listDecisions' | 'readDecision'> {
  return {
    async readDecision(id) {
      const reply = await run(READ_DECISION, nameOf(id))
      return reply === null ? undefined : keptDecisionOf(reply)
    },
    async listDecisions(query, options) {
      const { limit, agentId } = query
      const lists = listsOf(query)
      const [bound, first] = boundsOf(query)
      const atMost = checkedInteger('limit', limit + 1)
      const decisions: KeptDecision[] = []
      for (let below = bound; ; ) {
        const page = listOf(await run(LIST_DECISIONS, below, first, atMost, ...lists))
        const found = page.filter((_, at) => at % 2 === 1).map(keptDecisionOf)
        decisions.push(...found.filter((kept) => agentId === undefined || kept.agentId === agentId))
        if (decisions.length > limit || found.length <= limit) break
        options.signal.throwIfAborted()
        below = `(${textOf(page.at(-2))}`
      }
      const shown = decisions.slice(0, limit)
      const last = shown.at(-1)
      const isLast = decisions.length <= limit || last === undefined
      return { decisions: shown, next: isLast ? null : cursorOf({ createdAtMs: last.atMs, id: last.id }) }
    },
  }
}

const accountList = (accountId: string) => JSON.stringify(['account', accountId])
const agentList = (accountId: string, agentId: string) => JSON.stringify(['agent', accountId, agentId])
const mandateList = (accountId: string, mandateId: string) =>
  JSON.stringify(['mandate', accountId, mandateId])

/** The shortest lists that have all of it. */
function listsOf({ accountId, agentId, mandateId, outcome }: DecisionQuery): string[] {
  const byAgent = agentId === undefined ? accountList(accountId) : agentList(accountId, agentId)
  const list = mandateId === undefined ? byAgent : mandateList(accountId, mandateId)
  return (outcome === undefined ? ['approved', 'declined'] : [outcome]).map((name) => `${name}:${list}`)
}

/** Between which places: the first is not among them, the second is. */
function boundsOf({ sinceMs, untilMs, after }: DecisionQuery): readonly [below: string, first: string] {
  const places = [
    ...(untilMs === undefined ? [] : [sortableOf(untilMs)]),
    ...(after === undefined ? [] : [storedPlaceIn(after)]),
  ].sort()
  return [
    places[0] === undefined ? '+' : `(${places[0]}`,
    sinceMs === undefined ? '-' : `[${sortableOf(sinceMs)}`,
  ]
}

const partsOf = (text: string) => (text === '' ? [] : text.split(','))
