import { LRUCache } from 'lru-cache'
import { Refused } from '../decision.js'
import type { SpendRecordKind, SpendStore } from '../ports/spend-store.js'
import { attempt } from '../stages/attempt.js'
import type { SpendPurpose } from './decision-view.js'
import type { Check } from './evaluate.js'
import type { SpendPolicy } from './policy.js'
import { policyVersionOf } from './policy-version.js'
import {
  type Agent,
  agents,
  type Binding,
  bindings,
  type Instrument,
  lookupOfInstrument,
  type Mandate,
  mandates,
  policies,
  type RecordCodec,
  type Recorded,
} from './records.js'

/** Under which mandate an instrument spends. */
export interface Standing {
  readonly binding: Binding
  readonly mandate: Mandate
}

/** Whose mandate it is, and what it allows. */
export interface Parties {
  readonly agent: Agent
  readonly policy: SpendPolicy
  readonly policyVersion: string
}

/** Finds out who spends. Everything is read anew: what was suspended is suspended at once. */
export interface Standings {
  /** `undefined` where nothing is bound, and in the very same way where the caller may not use what is. */
  find(
    instruments: readonly Instrument[],
    callerAccountId: string,
    purpose: SpendPurpose,
  ): Promise<Standing | undefined | Refused>
  partiesOf(standing: Standing): Promise<Parties | Refused>
}

/** A policy, and the digest of what it says. */
type ReadPolicy = Pick<Parties, 'policy' | 'policyVersion'>

const MOST_POLICIES = 10_000

/** Standings over a store. */
export function createStandings(store: SpendStore, timeoutMs: number): Standings {
  // A version of a record never changes: what it says is worked out once.
  const readPolicies = new LRUCache<string, ReadPolicy>({ max: MOST_POLICIES })

  async function read<T extends Recorded>(codec: RecordCodec<T>, id: string): Promise<T | Refused> {
    return attempt('store', timeoutMs, async (options) => {
      const record = await store.readSpendRecord(codec.kind, id, options)
      if (record === undefined)
        throw new Error(`a ${nameOf(codec.kind)} that another record names is missing`)
      return codec.read(record)
    })
  }

  async function bindingOf(instrument: Instrument): Promise<Binding | undefined | Refused> {
    return attempt('store', timeoutMs, async (options) => {
      const record = await store.findSpendRecord('binding', lookupOfInstrument(instrument), options)
      return record && bindings.read(record)
    })
  }

  async function readPolicy(id: string): Promise<ReadPolicy | Refused> {
    return attempt('store', timeoutMs, async (options) => {
      const record = await store.readSpendRecord('policy', id, options)
      if (record === undefined) throw new Error('a policy that another record names is missing')
      const key = `${record.version}:${id}`
      const known = readPolicies.get(key)
      if (known !== undefined) return known
      const { policy } = policies.read(record)
      const read = { policy, policyVersion: policyVersionOf(policy) }
      readPolicies.set(key, read)
      return read
    })
  }

  return {
    async find(instruments, callerAccountId, purpose) {
      for (const instrument of instruments) {
        const binding = await bindingOf(instrument)
        if (binding instanceof Refused) return binding
        if (binding === undefined) continue
        const mandate = await read(mandates, binding.mandateId)
        if (mandate instanceof Refused) return mandate
        // What is bound is what is meant: nobody else's binding of the same name comes instead.
        return mayUse(mandate, callerAccountId, purpose) ? { binding, mandate } : undefined
      }
      return undefined
    },
    async partiesOf({ mandate }) {
      const [agent, policy] = await Promise.all([read(agents, mandate.agentId), readPolicy(mandate.policyId)])
      if (agent instanceof Refused) return agent
      return policy instanceof Refused ? policy : { agent, ...policy }
    },
  }
}

// Who holds an instrument of its own, such as its API key, has proven that to the gate.
function mayUse({ processors, accountId }: Mandate, callerAccountId: string, purpose: SpendPurpose): boolean {
  if (purpose === 'authorize') return processors.includes(callerAccountId)
  return purpose === 'guard' || accountId === callerAccountId
}

function nameOf(kind: SpendRecordKind): string {
  return kind === 'mandate' ? 'spending authority' : kind
}

/** The names of {@link standingChecks}: what is asked whatever the policy says. */
export const STANDING_CHECKS = [
  'binding_active',
  'agent_active',
  'spending_authority_active',
  'spending_authority_in_force',
] as const

/** Whether those who spend may spend at all, one check each. */
export function standingChecks({ binding, mandate }: Standing, agent: Agent, atMs: number): readonly Check[] {
  const { validFromMs, validUntilMs } = mandate
  const isInForce =
    (validFromMs === null || atMs >= validFromMs) && (validUntilMs === null || atMs < validUntilMs)
  return [
    check('binding_active', binding.status === 'active', 'BINDING_INACTIVE'),
    check('agent_active', agent.status === 'active', 'AGENT_INACTIVE'),
    check('spending_authority_active', mandate.status === 'active', 'SPENDING_AUTHORITY_INACTIVE'),
    check('spending_authority_in_force', isInForce, 'SPENDING_AUTHORITY_NOT_IN_FORCE'),
  ]
}

function check(name: (typeof STANDING_CHECKS)[number], passes: boolean, reasonCode: string): Check {
  return { check: name, result: passes ? 'PASS' : 'FAIL', reasonCode }
}
