import { Refused, refused } from '../decision.js'
import type { ListedRecords } from '../spend/manager-keeper.js'
import { isKeyCursor, isKeyId } from './key-id.js'
import { type Query, readQuery } from './query.js'

const MAX_LIMIT = 100

/**
 * Reads which page of a list is asked for.
 *
 * @param parentName - The parameter that names what the records belong to, where there is one.
 */
export function readPageQuery(target: string, parentName?: string): ListedRecords | Refused {
  const query = readQuery(target, ['limit', 'cursor', ...(parentName === undefined ? [] : [parentName])])
  return query instanceof Refused ? query : pageOf(query, parentName)
}

/** As {@link readPageQuery}, out of a query that has more. */
export function pageOf(query: Query, parentName?: string): ListedRecords | Refused {
  const limit = query.wholeNumber('limit', MAX_LIMIT, 1, MAX_LIMIT)
  if (limit instanceof Refused) return limit
  const after = query.text('cursor')
  if (after !== undefined && !isKeyCursor(after)) {
    return refused('body_invalid', { problem: 'cursor must be the next_cursor of an earlier answer' })
  }
  const parentId = parentName === undefined ? undefined : query.text(parentName)
  if (parentId !== undefined && !isKeyId(parentId)) {
    return refused('body_invalid', { problem: `${parentName} must be an id` })
  }
  return { limit, ...(after !== undefined && { after }), ...(parentId !== undefined && { parentId }) }
}
