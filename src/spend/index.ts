/**
 * For the host's own code: who may spend what. What guards routes is with the adapters, what processors ask among their
 * endpoints.
 *
 * @packageDocumentation
 */

export {
  type AgentChanges,
  type ApprovalVerbs,
  type BindingChanges,
  type ListOptions,
  type MandateChanges,
  manageSpending,
  type NewAgent,
  type NewBinding,
  type NewMandate,
  type RecordPage,
  type RecordVerbs,
  type SpendManager,
} from './manager.js'
export type { AnsweredApproval, Approver } from './manager-approvals.js'
export type { SpendPolicy } from './policy.js'
export type { PolicyDocument } from './policy-document-shape.js'
export type {
  Agent,
  Approval,
  Binding,
  Instrument,
  Mandate,
  PolicyRecord,
  Recorded,
  SpendStatus,
} from './records.js'
