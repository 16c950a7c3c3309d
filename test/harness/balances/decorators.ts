import type { BalanceSource } from 'sallyport'
import { cached, failover } from 'sallyport/balances'
import { breaker } from '../../../src/balances/breaker.js'
import { capped } from '../../../src/balances/capped.js'
import type { BalanceFault, BalanceHarness } from '../../contract/balance-contract.js'
import { ALICE, BOB, MINT, OTHER_MINT } from '../../support/addresses.js'
import {
  type BrittleSource,
  brittleSource,
  DECIMALS,
  hanging,
  malformedFaults,
  RICH_AMOUNT,
  raisedFaults,
} from './brittle-source.js'

const raised: readonly BalanceFault[] = Object.keys(raisedFaults).map((name) => ({ name, mintsToo: true }))
const malformed: readonly BalanceFault[] = Object.keys(malformedFaults).map((name) => ({
  name,
  mintsToo: false,
}))

/** The harness of a decorator over one or several sources that break together. */
function decoratorHarness(
  faults: readonly BalanceFault[],
  decorate: (first: BrittleSource, second: BrittleSource) => BalanceSource,
): BalanceHarness {
  return {
    faults,
    async open() {
      const sources = [brittleSource(), brittleSource()] as const
      const behave = (behaviour: BrittleSource['behave']) => {
        for (const source of sources) source.behave = behaviour
      }
      return {
        source: decorate(...sources),
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
}

export const cachedHarness = decoratorHarness([...raised, ...malformed], (source) =>
  cached(source, { timeoutMs: 30 }),
)

export const failoverHarness = decoratorHarness([...raised, ...malformed], (first, second) =>
  failover([first, second], { timeoutMs: 60 }),
)

export const cappedHarness = decoratorHarness(raised, (source) => capped(source, { maxInFlight: 2 }))

export const breakerHarness = decoratorHarness(raised, (source) => breaker(source))
