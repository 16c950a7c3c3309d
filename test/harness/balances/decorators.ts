import type { BalanceSource } from 'sallyport'
import { cached, failover } from 'sallyport/balances'
import { breaker } from '../../../src/balances/breaker.js'
import { capped } from '../../../src/balances/capped.js'
import type { BalanceFault, BalanceHarness } from '../../contract/balance-contract.js'
import {
  type BrittleSource,
  brittleSource,
  fixtureOver,
  malformedFaults,
  raisedFaults,
} from './brittle-source.js'
import { guardedSource } from './guarded-source.js'

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
      return fixtureOver(decorate(...sources), behave)
    },
  }
}

export const cachedHarness = decoratorHarness([...raised, ...malformed], (source) =>
  cached(source, { timeoutMs: 30 }),
)

export const failoverHarness = decoratorHarness([...raised, ...malformed], (first, second) =>
  failover([first, second], { timeoutMs: 60 }),
)

export const cappedHarness = decoratorHarness(raised, (source) =>
  guardedSource(source, capped({ maxInFlight: 2 })),
)

export const breakerHarness = decoratorHarness(raised, (source) => guardedSource(source, breaker()))
