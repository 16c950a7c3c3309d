import type { SpendRecord, SpendRecordKind } from '../ports/spend-store.js'
import type { SpendPolicy } from './policy.js'
import { isRefusedPolicy, policyDocumentOf, readPolicyDocument } from './policy-document.js'

/** `suspended` may become active again; `retired` never does. */
export type SpendStatus = 'active' | 'suspended' | 'retired'

/** What every record has. */
export interface Recorded {
  readonly id: string
  /** Whose it is. */
  readonly accountId: string
  /** Wall clock, milliseconds. */
  readonly createdAtMs: number
  /** Counts what was changed, from 1. */
  readonly version: number
}

/** An AI agent, workflow or automated buyer that may spend. */
export interface Agent extends Recorded {
  readonly name: string
  readonly status: SpendStatus
}

/** What an agent may spend, and how strictly that is taken: Auctra calls it a spending authority. */
export interface Mandate extends Recorded {
  readonly agentId: string
  readonly policyId: string
  readonly name: string
  /** `observe` records what `enforce` would decline, and declines nothing. */
  readonly mode: 'observe' | 'enforce'
  readonly status: SpendStatus
  /** In force from then on, and before then: wall clock, milliseconds; null is without bound. */
  readonly validFromMs: number | null
  readonly validUntilMs: number | null
  /** The accounts that may ask for an authorization under it. */
  readonly processors: readonly string[]
}

/** Limits that mandates share. */
export interface PolicyRecord extends Recorded {
  readonly policy: SpendPolicy
}

/** What is presented when money is to be spent. */
export interface Instrument {
  /** `card` and `token` are names of the processor's; `wallet` is an address, `api_key` the id of a credential. */
  readonly type: 'card' | 'token' | 'wallet' | 'api_key'
  readonly id: string
}

/** Says under which mandate an instrument spends. */
export interface Binding extends Recorded {
  readonly mandateId: string
  readonly instrument: Instrument
  readonly status: SpendStatus
}

/** A human's word on one spend. */
export interface Approval extends Recorded {
  readonly mandateId: string
  readonly status: 'pending' | 'approved' | 'rejected'
  /** What it is for, by a digest: no other spend may use it. Null once another has taken its place. */
  readonly actionDigest: string | null
  /** What it is for, to be shown. */
  readonly action: {
    readonly amount: string
    readonly asset: string
    readonly merchant: string | null
    readonly mcc: string | null
    readonly instrument: Instrument
    /** Method and route of the host's; null where a processor asked. */
    readonly route: string | null
  }
  /** Neither given nor used at or after this: wall clock, milliseconds. */
  readonly expiresAtMs: number
}

/** How records of one kind are read and written. */
export interface RecordCodec<T extends Recorded> {
  readonly kind: SpendRecordKind
  /** @throws Error where what is stored is not what was written. */
  read(record: SpendRecord): T
  write(value: T): SpendRecord
}

function codec<T extends Recorded>(
  kind: SpendRecordKind,
  parentOf: (value: T) => string | null,
  lookupsOf: (value: T) => readonly string[],
  toDocument: (value: Omit<T, keyof Recorded>) => unknown = (value) => value,
  fromDocument: (document: unknown) => Omit<T, keyof Recorded> = (document) =>
    document as Omit<T, keyof Recorded>,
): RecordCodec<T> {
  return {
    kind,
    read({ id, accountId, createdAtMs, version, document }) {
      const members = fromDocument(JSON.parse(document))
      return Object.freeze({ ...members, id, accountId, createdAtMs, version }) as T
    },
    write(value) {
      const { id, accountId, createdAtMs, version, ...members } = value
      return {
        kind,
        id,
        accountId,
        parentId: parentOf(value),
        lookups: lookupsOf(value),
        createdAtMs,
        version,
        document: JSON.stringify(toDocument(members)),
      }
    },
  }
}

const NOTHING: readonly string[] = Object.freeze([])

/** Agents as they are stored. */
export const agents: RecordCodec<Agent> = codec<Agent>(
  'agent',
  () => null,
  () => NOTHING,
)

/** Mandates as they are stored. */
export const mandates: RecordCodec<Mandate> = codec<Mandate>(
  'mandate',
  ({ agentId }) => agentId,
  () => NOTHING,
)

/** Policies as they are stored: their canonical documents. */
export const policies: RecordCodec<PolicyRecord> = codec<PolicyRecord>(
  'policy',
  () => null,
  () => NOTHING,
  ({ policy }) => policyDocumentOf(policy),
  (document) => {
    const policy = readPolicyDocument(document)
    if (isRefusedPolicy(policy)) throw new Error('a stored policy is none')
    return { policy }
  },
)

/** Bindings as they are stored. One that is retired leaves its instrument free. */
export const bindings: RecordCodec<Binding> = codec<Binding>(
  'binding',
  ({ mandateId }) => mandateId,
  ({ instrument, status }) => (status === 'retired' ? NOTHING : [lookupOfInstrument(instrument)]),
)

/** Approvals as they are stored. */
export const approvals: RecordCodec<Approval> = codec<Approval>(
  'approval',
  ({ mandateId }) => mandateId,
  ({ mandateId, actionDigest }) => (actionDigest === null ? NOTHING : [`${mandateId}:${actionDigest}`]),
)

/** What the binding of an instrument is found by. Cards and tokens are named by processors, in one space. */
export function lookupOfInstrument({ type, id }: Instrument): string {
  return `${type === 'card' || type === 'token' ? 'instrument' : type}:${id}`
}
