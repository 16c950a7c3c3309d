import { randomUUID } from 'node:crypto'
import type {
  Agent,
  AgentChanges,
  Binding,
  BindingChanges,
  Instrument,
  Mandate,
  MandateChanges,
  PolicyDocument,
  SpendManager,
} from 'sallyport/spending'

/** What an agent may spend, and by what. */
export interface GrantOptions {
  /** Whose agent it is. */
  readonly accountId: string
  readonly processors: readonly string[]
  /** Default {@link USD_100_A_MONTH}. */
  readonly policy: PolicyDocument
  /** Default `enforce`. */
  readonly mode: Mandate['mode']
  /** Default a card of a random name. */
  readonly instrument: Instrument
}

/** What was made of it. */
export interface Grant {
  readonly accountId: string
  readonly agentId: string
  readonly policyId: string
  readonly mandateId: string
  readonly bindingId: string
  readonly instrument: Instrument
}

/** 50 USD a transaction, 100 USD a month of UTC. */
export const USD_100_A_MONTH: PolicyDocument = {
  name: 'small purchases',
  per_transaction: [{ amount: 5_000, currency: 'USD' }],
  budgets: [
    { name: 'monthly', amount: 10_000, currency: 'USD', window: { calendar: 'month', time_zone: 'UTC' } },
  ],
}

/** An agent, a policy, a mandate and a binding, and the ways to change them. */
export interface Granting {
  grantTo(options: Pick<GrantOptions, 'accountId' | 'processors'> & Partial<GrantOptions>): Promise<Grant>
  changeAgent(grant: Grant, changes: AgentChanges): Promise<Agent | undefined>
  changeMandate(grant: Grant, changes: MandateChanges): Promise<Mandate | undefined>
  changeBinding(grant: Grant, changes: BindingChanges): Promise<Binding | undefined>
}

/** Grants by the host's own hand, whatever endpoints there are for that. */
export function granting(spending: SpendManager): Granting {
  return {
    changeAgent: ({ accountId, agentId }, changes) => spending.agents.update(accountId, agentId, changes),
    changeMandate: ({ accountId, mandateId }, changes) =>
      spending.mandates.update(accountId, mandateId, changes),
    changeBinding: ({ accountId, bindingId }, changes) =>
      spending.bindings.update(accountId, bindingId, changes),
    async grantTo({ accountId, processors, policy = USD_100_A_MONTH, mode = 'enforce', ...options }) {
      const instrument = options.instrument ?? { type: 'card', id: `inst_${randomUUID()}` }
      const { id: agentId } = await spending.agents.create(accountId, { name: 'buyer' })
      const { id: policyId } = await spending.policies.create(accountId, policy)
      const mandate = { agentId, policyId, name: 'office', mode, processors }
      const { id: mandateId } = await spending.mandates.create(accountId, mandate)
      const { id: bindingId } = await spending.bindings.create(accountId, { mandateId, instrument })
      return { accountId, agentId, policyId, mandateId, bindingId, instrument }
    },
  }
}
