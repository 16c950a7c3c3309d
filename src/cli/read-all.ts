import type { CredentialDetails } from '../credentials/details.js'
import type { CredentialFilter, CredentialManager } from '../credentials/manager.js'

const PAGE = 200

/**
 * Every credential that a filter lets through, page by page.
 *
 * @param enough - No page is read behind so many. Default all are.
 */
export async function readAll(
  store: Pick<CredentialManager, 'describeCredentials'>,
  filter: Pick<CredentialFilter, 'accountId' | 'revoked'>,
  enough: number = Number.POSITIVE_INFINITY,
): Promise<readonly CredentialDetails[]> {
  const all: CredentialDetails[] = []
  for (let after: string | null | undefined; after !== null && all.length < enough; ) {
    const from = after === undefined ? {} : { after }
    const { credentials, next } = await store.describeCredentials({ ...filter, ...from, limit: PAGE })
    all.push(...credentials)
    after = next
  }
  return all
}
