import type { RawResponse } from '../../support/http.js'

const FRAMEWORKS_OWN = ['x-powered-by', 'etag', 'date', 'connection', 'keep-alive', 'transfer-encoding']

/** An answer without what differs from one decision to the next and what frameworks add to every answer. */
export function comparable({ status, headers, body }: RawResponse) {
  const own = [...headers].filter(([name]) => !FRAMEWORKS_OWN.includes(name)).sort()
  return { status, headers: own, body: body.replace(/"decision_id":"[^"]+"/, '"decision_id":"..."') }
}
