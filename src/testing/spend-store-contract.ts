import type { Clock } from '../ports/clock.js'
import type { ContractCase } from './contract-case.js'
import { spendDecisionCases } from './spend-store-contract-decisions.js'
import { spendExpiryCases } from './spend-store-contract-expiry.js'
import { overSpendStore, type SpendStoreFixture } from './spend-store-contract-fixture.js'
import { spendListingCases } from './spend-store-contract-listing.js'
import { spendObservingCases } from './spend-store-contract-observing.js'
import { spendRecordCases } from './spend-store-contract-records.js'
import { spendRepeatingCases } from './spend-store-contract-repeating.js'
import { spendReservingCases } from './spend-store-contract-reserving.js'
import { spendSettlingCases } from './spend-store-contract-settling.js'
import { spendSumCases } from './spend-store-contract-sums.js'

export type { SpendStoreFixture } from './spend-store-contract-fixture.js'

/**
 * What every store must do that spending is decided with, in cases for any test runner. Each opens an empty store of
 * its own.
 *
 * @param open - Opens an empty store that goes by `clock`, every instance of it: the cases move it to let time pass.
 * @example
 * async function open(clock: Clock): Promise<SpendStoreFixture> {
 *   const database = await emptyDatabase()
 *   const another = async () => myStore(database, { clock })
 *   return { store: await another(), another, close: () => database.drop() }
 * }
 * for (const { name, run } of spendStoreContract(open)) it(name, run, 20_000)
 */
export function spendStoreContract(
  open: (clock: Clock) => Promise<SpendStoreFixture>,
): readonly ContractCase[] {
  return [
    ...spendRecordCases,
    ...spendListingCases,
    ...spendReservingCases,
    ...spendSumCases,
    ...spendRepeatingCases,
    ...spendSettlingCases,
    ...spendExpiryCases,
    ...spendObservingCases,
    ...spendDecisionCases,
  ].map((spendCase) => overSpendStore(spendCase, open))
}
