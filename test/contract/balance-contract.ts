import { describe, it } from 'vitest'
import {
  type BalanceContractOptions,
  balanceContract as casesOf,
} from '../../src/testing/balance-contract.js'

export type { BalanceFault, BalanceFixture as BalanceWorld } from '../../src/testing/balance-contract.js'

/** What a source must supply for the contract to reach it. */
export type BalanceHarness = BalanceContractOptions

/** What every balance source and every decorator of one must do. */
export function balanceContract(name: string, harness: BalanceHarness): void {
  describe(`the balance source ${name}`, () => {
    for (const { name: sentence, run } of casesOf(harness)) it(sentence, run)
  })
}
