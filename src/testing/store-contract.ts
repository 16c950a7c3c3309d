import type { Clock } from '../ports/clock.js'
import type { ContractCase } from './contract-case.js'
import { addingCases } from './store-contract-adding.js'
import { changingCases } from './store-contract-changing.js'
import { claimCases } from './store-contract-claims.js'
import { feedCases } from './store-contract-feed.js'
import { findingCases } from './store-contract-finding.js'
import { overStore, type StoreFixture } from './store-contract-fixture.js'
import { listingCases } from './store-contract-listing.js'
import { revokingCases } from './store-contract-revoking.js'
import { usageCases } from './store-contract-usage.js'

export type { StoreFixture } from './store-contract-fixture.js'

/**
 * What every store must do, in cases for any test runner. Each opens an empty store of its own. Most of them take
 * milliseconds; the longest makes some thousand changes, and may need more time than the runner allows by itself.
 *
 * @param open - Opens an empty store that goes by `clock`; one that goes by its server's clock is fine too.
 * @example
 * async function open(clock: Clock): Promise<StoreFixture> {
 *   const database = await emptyDatabase()
 *   const another = async () => myStore(database.url, { clock })
 *   const store = await another()
 *   return { store, another, close: () => store.close().then(() => database.drop()) }
 * }
 * for (const { name, run } of storeContract(open)) it(name, run, 20_000)
 */
export function storeContract(open: (clock: Clock) => Promise<StoreFixture>): readonly ContractCase[] {
  return [
    ...findingCases,
    ...addingCases,
    ...listingCases,
    ...changingCases,
    ...revokingCases,
    ...feedCases,
    ...claimCases,
    ...usageCases,
  ].map((storeCase) => overStore(storeCase, open))
}
