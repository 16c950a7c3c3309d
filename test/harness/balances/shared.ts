import { shared } from '../../../src/balances/shared.js'
import type { BalanceStore } from '../../../src/ports/balance-store.js'
import type { BalanceFault, BalanceHarness } from '../../contract/balance-contract.js'
import { manualClock } from '../../support/clock.js'
import { brittleSource, fixtureOver, hanging, malformedFaults, raisedFaults } from './brittle-source.js'
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
    return fixtureOver(shared(source, { store, timeoutMs: 20 }), behave)
  },
}
