import type { DecisionQuery, KeptDecision, NewDecision, SpendStore } from '../../ports/spend-store.js'
import type { Database, Tables } from './database.js'
import { pageOf, placeOf } from './pages.js'
import type { DecisionTable } from './spend-schema.js'
import { readable, storable } from './text.js'

/** What is found out about a decision while it is kept. */
export type Findings = Pick<KeptDecision, 'outcome' | 'reservationId' | 'exceeded' | 'sums'>

/** A decision that takes nothing. */
export function asDecided(decision: NewDecision, reservationId: string | null): KeptDecision {
  return keptOf(decision, { outcome: decision.outcome, reservationId, exceeded: [], sums: [] })
}

/** A decision with what was found out about it. */
export function keptOf(decision: NewDecision, findings: Findings): KeptDecision {
  const { id, atMs, accountId, agentId, mandateId, document } = decision
  return { id, atMs, accountId, agentId, mandateId, document, ...findings }
}

/** The row of a decision. */
export function decisionRowOf(decision: KeptDecision): DecisionTable {
  return {
    id: storable(decision.id),
    at_ms: decision.atMs,
    account_id: storable(decision.accountId),
    agent_id: decision.agentId === null ? null : storable(decision.agentId),
    mandate_id: decision.mandateId === null ? null : storable(decision.mandateId),
    outcome: decision.outcome,
    document: storable(decision.document),
    reservation_id: decision.reservationId === null ? null : storable(decision.reservationId),
    exceeded: JSON.stringify(decision.exceeded),
    sums: JSON.stringify(decision.sums.map(String)),
  }
}

/** Decisions, which are never changed. */
export function createDecisions(database: Database): Pick<SpendStore, 'listDecisions' | 'readDecision'> {
  return {
    async listDecisions(query, options) {
      const rows = await database.ask((db) => listRows(db, query), options)
      const { items, next } = pageOf(rows.map(decisionOf), query.limit, ({ atMs, id }) => `${atMs}:${id}`)
      return { decisions: items, next }
    },
    async readDecision(id, options) {
      if (typeof id !== 'string') return undefined
      return database.ask((db) => findDecision(db, id), options)
    },
  }
}

/** A decision by its id. */
export async function findDecision(db: Tables, id: string): Promise<KeptDecision | undefined> {
  const row = await db
    .selectFrom('sallyport_decision')
    .selectAll()
    .where('id', '=', storable(id))
    .executeTakeFirst()
  return row && decisionOf(row)
}

// One more than is asked for says whether there are more.
async function listRows(db: Tables, query: DecisionQuery): Promise<DecisionTable[]> {
  const { accountId, agentId, mandateId, outcome, sinceMs, untilMs, after, limit } = query
  let rows = db
    .selectFrom('sallyport_decision')
    .selectAll()
    .where('account_id', '=', storable(accountId))
    .orderBy('at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (agentId !== undefined) rows = rows.where('agent_id', '=', storable(agentId))
  if (mandateId !== undefined) rows = rows.where('mandate_id', '=', storable(mandateId))
  if (outcome !== undefined) rows = rows.where('outcome', '=', outcome)
  if (sinceMs !== undefined) rows = rows.where('at_ms', '>=', sinceMs)
  if (untilMs !== undefined) rows = rows.where('at_ms', '<', untilMs)
  if (after !== undefined) {
    const { ms, id } = placeOf(after)
    rows = rows.where(({ eb, refTuple, tuple }) => eb(refTuple('at_ms', 'id'), '<', tuple(ms, storable(id))))
  }
  return rows.execute()
}

function decisionOf(row: DecisionTable): KeptDecision {
  return {
    id: readable(row.id),
    atMs: row.at_ms,
    accountId: readable(row.account_id),
    agentId: row.agent_id === null ? null : readable(row.agent_id),
    mandateId: row.mandate_id === null ? null : readable(row.mandate_id),
    outcome: row.outcome as KeptDecision['outcome'],
    document: readable(row.document),
    reservationId: row.reservation_id === null ? null : readable(row.reservation_id),
    exceeded: JSON.parse(row.exceeded) as number[],
    sums: (JSON.parse(row.sums) as string[]).map(BigInt),
  }
}
