import { placeOf } from '../credentials/page-cursor.js'
import { Refused, refused } from '../decision.js'
import type { DecisionQuery } from '../ports/spend-store.js'
import { isRecordId } from '../spend/manager-fields.js'
import { readTimestamp, TIMESTAMP_RULE } from './management-time.js'
import { readQuery } from './query.js'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 100
const VERDICTS = { APPROVE: 'approved', DECLINE: 'declined' } as const
const MILLISECONDS = /^\d{1,15}$/

/** Reads which decisions are asked for; whose they are is not the caller's to say. */
export function readDecisionQuery(target: string): Omit<DecisionQuery, 'accountId'> | Refused {
  const query = readQuery(target, [
    'agent_id',
    'spending_authority_id',
    'evaluated',
    'since',
    'until',
    'limit',
    'cursor',
  ])
  if (query instanceof Refused) return query
  const limit = query.wholeNumber('limit', DEFAULT_LIMIT, 1, MAX_LIMIT)
  if (limit instanceof Refused) return limit
  const [agentId, mandateId] = [query.text('agent_id'), query.text('spending_authority_id')]
  if (agentId !== undefined && !isRecordId(agentId)) return invalid('agent_id must be the id of an agent')
  if (mandateId !== undefined && !isRecordId(mandateId)) {
    return invalid('spending_authority_id must be the id of a spending authority')
  }
  const verdict = query.text('evaluated')
  if (verdict !== undefined && !isVerdict(verdict)) return invalid('evaluated must be APPROVE or DECLINE')
  const sinceMs = readMoment('since', query.text('since'))
  if (sinceMs instanceof Refused) return sinceMs
  const untilMs = readMoment('until', query.text('until'))
  if (untilMs instanceof Refused) return untilMs
  const after = query.text('cursor')
  if (after !== undefined && !isCursor(after)) {
    return invalid('cursor must be the next_cursor of an earlier answer')
  }
  return {
    limit,
    ...(agentId !== undefined && { agentId }),
    ...(mandateId !== undefined && { mandateId }),
    ...(verdict !== undefined && { outcome: VERDICTS[verdict] }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(untilMs !== undefined && { untilMs }),
    ...(after !== undefined && { after }),
  }
}

function isVerdict(text: string): text is keyof typeof VERDICTS {
  return Object.hasOwn(VERDICTS, text)
}

function isCursor(text: string): boolean {
  const place = placeOf(text)
  return place !== undefined && isRecordId(place.id)
}

function readMoment(name: string, text: string | undefined): number | undefined | Refused {
  if (text === undefined) return undefined
  if (MILLISECONDS.test(text)) return Number(text)
  // In a query a plus stands for a space, and few write %2B for that of an offset.
  const ms = readTimestamp(text.replace(' ', '+'))
  return ms ?? invalid(`${name} ${TIMESTAMP_RULE}, or milliseconds since 1970`)
}

function invalid(problem: string): Refused {
  return refused('body_invalid', { problem })
}
