import { shared } from '../../../src/balances/shared.js'
import type { BalanceStore } from '../../../src/ports/balance-store.js'
import type { BalanceFault, BalanceHarness } from '../../contract/balance-contract.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../../support/addresses.js'
import { manualClock } from '../../support/clock.js'
import {
  brittleSource,
  DECIMALS,
  hanging,
  malformedFaults,
  RICH_AMOUNT,
  raisedFaults,
} from './brittle-source.js'
import { tableBalanceStore } from './table-balance-store.js'

const faults: readonly BalanceFault[] = [
  ...Object.keys(raisedFaults).map((name) => ({ name, mintsToo: true })),
  ...Object.keys(malformedFaults).map((name) => ({ name, mintsToo: false })),
]

/** A store of balances that is as broken as the chain. */
function brittleStore(): BalanceStore & { isBroken: boolean } {
  const table = tableBalanceStore(manualClock())
  return {
    isBroken: false,
    readBalance(key, options) {
      return this.isBroken ? hanging(options) : table.readBalance(key, options)
    },
    keepBalance(key, balance, ttlMs, options) {
      return this.isBroken ? hanging(options) : table.keepBalance(key, balance, ttlMs, options)
    },
  }
}

export const sharedHarness: BalanceHarness = {
  faults,
  async open() {
    const source = brittleSource()
    const store = brittleStore()
    const behave = (behaviour: typeof source.behave) => {
      source.behave = behaviour
      store.isBroken = behaviour !== undefined
    }
    return {
      source: shared(source, { store, timeoutMs: 20 }),
      mint: MINT,
      decimals: DECIMALS,
      rich: { owner: ALICE, amount: RICH_AMOUNT },
      unseen: BOB,
      noMint: OTHER_MINT,
      break: (fault) => behave(raisedFaults[fault] ?? malformedFaults[fault]),
      hang: () => behave(hanging),
      heal: () => behave(undefined),
      close: async () => undefined,
    }
  },
}
