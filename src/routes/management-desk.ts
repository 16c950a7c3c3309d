import { Refused, refused } from '../decision.js'
import type { CallOptions } from '../ports/call-options.js'
import { Unfit } from '../spend/manager-fields.js'
import type { Work } from '../spend/manager-keeper.js'
import { createSpendKeepers, type SpendKeepers } from '../spend/manager-keepers.js'
import { requireSpending } from '../spend/requirement.js'
import { attempt } from '../stages/attempt.js'
import type { Wiring } from '../wiring.js'
import { bodyRefusal, type WireNames } from './management-wire.js'

/** What the endpoints of management reach the store by: what it cannot do is refused. */
export interface ManagementDesk {
  readonly keepers: SpendKeepers
  /** `not_found` where there is nothing. */
  look<T>(verb: (options: CallOptions) => Promise<T | undefined>): Promise<T | Refused>
  /**
   * `not_found` where there is nothing to change. An outage from the first write on says nothing of what became of it.
   *
   * @param names - What members are called by whoever asks.
   */
  work<T>(names: WireNames, verb: (work: Work) => Promise<T | Unfit | undefined>): Promise<T | Refused>
}

const NOT_FOUND = refused('not_found', {})
const BOUND = refused('instrument_bound', {})

/**
 * The desk of a gate.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where its store keeps no spending.
 */
export function createManagementDesk(wiring: Wiring): ManagementDesk {
  const { clock, portTimeoutMs } = wiring.config

  return {
    keepers: createSpendKeepers(requireSpending(wiring).store, clock),
    async look(verb) {
      return (await attempt('store', portTimeoutMs, verb)) ?? NOT_FOUND
    },
    async work(names, verb) {
      let hasBegun = false
      const onWrite = () => {
        hasBegun = true
      }
      const outcome = await attempt('store', portTimeoutMs, (options) => verb({ options, onWrite }))
      if (outcome === undefined) return NOT_FOUND
      if (outcome instanceof Unfit) return outcome.isBound ? BOUND : bodyRefusal(outcome.problems, names)
      return outcome instanceof Refused && hasBegun ? maybeDone(outcome) : outcome
    },
  }
}

function maybeDone(outage: Refused): Refused {
  const { reason } = outage
  if (reason.code !== 'dependency_unavailable') return outage
  const { dependency, cause } = reason
  return refused('dependency_unavailable', { dependency, cause, maybeDone: true })
}
