import type { Clock } from '../ports/clock.js'
import type { SpendStore } from '../ports/spend-store.js'
import { type ApprovalKeeper, createApprovalKeeper } from './manager-approvals.js'
import { createRecordKeeper, type RecordKeeper } from './manager-keeper.js'
import { agentRules, bindingRules, mandateRules, policyRules } from './manager-rules.js'
import type { Agent, Binding, Mandate, PolicyRecord } from './records.js'

/** What the host's own code and the endpoints manage spending with. */
export interface SpendKeepers {
  readonly agents: RecordKeeper<Agent>
  readonly mandates: RecordKeeper<Mandate>
  readonly policies: RecordKeeper<PolicyRecord>
  readonly bindings: RecordKeeper<Binding>
  readonly approvals: ApprovalKeeper
}

/** Keepers of every kind over one store. */
export function createSpendKeepers(store: SpendStore, clock: Clock): SpendKeepers {
  return {
    agents: createRecordKeeper(store, clock, agentRules),
    mandates: createRecordKeeper(store, clock, mandateRules),
    policies: createRecordKeeper(store, clock, policyRules),
    bindings: createRecordKeeper(store, clock, bindingRules),
    approvals: createApprovalKeeper(store, clock),
  }
}
