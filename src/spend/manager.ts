import { placeOf } from '../credentials/page-cursor.js'
import { isText } from '../credentials/record-check.js'
import { callWithin } from '../deadline.js'
import { GateError } from '../gate-error.js'
import { isOptions, undefinedOptions, unknownOptions } from '../option-check.js'
import type { CallOptions } from '../ports/call-options.js'
import type { Clock } from '../ports/clock.js'
import type { SpendStore } from '../ports/spend-store.js'
import { isSpendStore } from '../spend-option-problems.js'
import { soundClock, systemClock } from '../system-clock.js'
import type { AnsweredApproval, ApprovalAnswer, Approver } from './manager-approvals.js'
import { Unfit } from './manager-fields.js'
import type { RecordKeeper, RecordReader } from './manager-keeper.js'
import { createSpendKeepers } from './manager-keepers.js'
import type { PolicyDocument } from './policy-document-shape.js'
import type { Agent, Binding, Instrument, Mandate, PolicyRecord, Recorded, SpendStatus } from './records.js'

/** What a new agent is to be. */
export interface NewAgent {
  /** For people: 1 to 100 characters. */
  readonly name: string
  /** Default `active`. */
  readonly status?: 'active' | 'suspended'
}

/** What an agent is to become; what is left out stays. */
export interface AgentChanges {
  readonly name?: string
  /** `retired` is final. */
  readonly status?: SpendStatus
}

/** What a new mandate is to be. */
export interface NewMandate {
  /** An agent of the same account that is not retired. */
  readonly agentId: string
  /** A policy of the same account. */
  readonly policyId: string
  /** For people: 1 to 100 characters. */
  readonly name: string
  /** Default `observe`. */
  readonly mode?: Mandate['mode']
  /** Default `active`. */
  readonly status?: 'active' | 'suspended'
  /** Wall clock, milliseconds. Default null: without bound. */
  readonly validFromMs?: number | null
  /** Later than `validFromMs`. Default null: without bound. */
  readonly validUntilMs?: number | null
  /** The accounts that may ask for an authorization, at most 100. Default none. */
  readonly processors?: readonly string[]
}

/** What a mandate is to become; what is left out stays. Its agent always does. */
export interface MandateChanges extends Partial<Omit<NewMandate, 'agentId' | 'status'>> {
  /** `retired` is final. */
  readonly status?: SpendStatus
}

/** What a new binding is to be. */
export interface NewBinding {
  /** A mandate of the same account that is not retired. */
  readonly mandateId: string
  /** Bound by nobody else, unless that binding is retired. */
  readonly instrument: Instrument
  /** Default `active`. */
  readonly status?: 'active' | 'suspended'
}

/** What a binding is to become. */
export interface BindingChanges {
  /** `retired` is final, and leaves the instrument free. */
  readonly status?: SpendStatus
}

/** Which records are listed. */
export interface ListOptions {
  /** The `next` of the page before. */
  readonly after?: string
  /** 1 to 1000. Default 100. */
  readonly limit?: number
}

/** Records, the oldest first. */
export interface RecordPage<T> {
  readonly records: readonly T[]
  /** What to ask for as `after`; null behind the last of all. */
  readonly next: string | null
}

/** What can be done with the records of one kind. */
export interface RecordVerbs<T, New, Changes, Filter extends ListOptions = ListOptions> {
  create(accountId: string, record: New): Promise<T>
  /** `undefined` where the account has none of that id. */
  read(accountId: string, id: string): Promise<T | undefined>
  list(accountId: string, options?: Filter): Promise<RecordPage<T>>
  /** `undefined` where the account has none of that id. */
  update(accountId: string, id: string, changes: Changes): Promise<T | undefined>
}

/** What can be done with approvals. */
export interface ApprovalVerbs {
  /** `undefined` where the account has none of that id. */
  read(accountId: string, id: string): Promise<AnsweredApproval | undefined>
  list(
    accountId: string,
    options?: ListOptions & {
      /** Only of this mandate. Default all. */
      readonly mandateId?: string
    },
  ): Promise<RecordPage<AnsweredApproval>>
  /**
   * Lets the very spend that was asked about happen, once, before the approval expires. To approve twice is as once.
   * `undefined` where the account has none of that id.
   *
   * @param by - Who says so. Default the host's own code.
   * @throws GateError `ERR_GATE_OPTIONS` where it was rejected before, or its time is over.
   */
  approve(accountId: string, id: string, by?: Approver): Promise<AnsweredApproval | undefined>
  /** As `approve`, but nobody may use it, and nobody is asked for the same spend again until it expires. */
  reject(accountId: string, id: string, by?: Approver): Promise<AnsweredApproval | undefined>
}

/**
 * Who may spend what, for the host's own code. Every verb takes the account whose records these are: what another
 * account has does not exist. What is answered has been kept. Each verb rejects with the store's error where the store
 * cannot do it, and with a GateError `ERR_GATE_OPTIONS` that names every member that is wrong.
 *
 * @example
 * import { manageSpending } from 'sallyport/spending'
 *
 * const spending = manageSpending(store)
 * const agent = await spending.agents.create('acme', { name: 'office buyer' })
 * const policy = await spending.policies.create('acme', { name: 'office', per_transaction: [{ amount: 5_000, currency: 'USD' }] })
 * const mandate = await spending.mandates.create('acme', { agentId: agent.id, policyId: policy.id, name: 'supplies' })
 * await spending.bindings.create('acme', { mandateId: mandate.id, instrument: { type: 'api_key', id: credentialId } })
 */
export interface SpendManager {
  readonly agents: RecordVerbs<Agent, NewAgent, AgentChanges>
  readonly mandates: RecordVerbs<
    Mandate,
    NewMandate,
    MandateChanges,
    ListOptions & {
      /** Only of this agent. Default all. */
      readonly agentId?: string
    }
  >
  /** A change puts another whole document in the place of the one before. */
  readonly policies: RecordVerbs<PolicyRecord, PolicyDocument, PolicyDocument>
  readonly bindings: RecordVerbs<
    Binding,
    NewBinding,
    BindingChanges,
    ListOptions & {
      /** Only of this mandate. Default all. */
      readonly mandateId?: string
    }
  >
  readonly approvals: ApprovalVerbs
}

// Longer than any request may wait: these calls are made by people and scripts.
const TIMEOUT_MS = 10_000

/**
 * Manages who may spend what in a store, such as the gate's.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where the store keeps no spending.
 */
export function manageSpending(store: SpendStore, clock: Clock = systemClock): SpendManager {
  if (!isSpendStore(store)) {
    throw new GateError('ERR_GATE_OPTIONS', [
      'manageSpending must be given a store with every verb of a store for spending',
    ])
  }
  return createSpendManager(store, soundClock(clock))
}

/** As {@link manageSpending}, for a store and a clock that were looked at before. */
export function createSpendManager(store: SpendStore, clock: Clock): SpendManager {
  const keepers = createSpendKeepers(store, clock)
  const { approvals } = keepers
  const answer = (answered: ApprovalAnswer) => async (accountId: string, id: string, by?: Approver) => {
    requireAccount(accountId)
    const approver = by ?? { accountId, credentialId: null }
    if (!isText(approver.accountId) || !(approver.credentialId === null || isText(approver.credentialId))) {
      throw new GateError('ERR_GATE_OPTIONS', ['by must be { accountId, credentialId }'])
    }
    return whole(await within((options) => approvals.answer(accountId, id, answered, approver, { options })))
  }
  return {
    agents: verbsOf(keepers.agents),
    mandates: verbsOf(keepers.mandates, 'agentId'),
    policies: verbsOf(keepers.policies),
    bindings: verbsOf(keepers.bindings, 'mandateId'),
    approvals: {
      ...readingOf(approvals, 'mandateId'),
      approve: answer('approved'),
      reject: answer('rejected'),
    },
  }
}

function verbsOf<T extends Recorded>(
  keeper: RecordKeeper<T>,
  filter?: string,
): RecordVerbs<T, unknown, unknown, never> {
  return {
    ...readingOf(keeper, filter),
    async create(accountId, record) {
      requireAccount(accountId)
      return whole(await within((options) => keeper.create(accountId, record, { options })))
    },
    async update(accountId, id, changes) {
      requireAccount(accountId)
      return whole(await within((options) => keeper.update(accountId, id, changes, { options })))
    },
  }
}

function readingOf<T extends Recorded>(keeper: RecordReader<T>, filter?: string) {
  return {
    async read(accountId: string, id: string): Promise<T | undefined> {
      requireAccount(accountId)
      return within((options) => keeper.read(accountId, id, options))
    },
    async list(accountId: string, asked: ListOptions = {}): Promise<RecordPage<T>> {
      requireAccount(accountId)
      const query = readList(asked, filter)
      const { values, next } = await within((options) => keeper.list(accountId, query, options))
      return { records: values, next }
    },
  }
}

// A misspelt or empty filter must not list everything.
function readList(asked: ListOptions, filter: string | undefined) {
  if (!isOptions(asked)) throw new GateError('ERR_GATE_OPTIONS', ['list must be given options, at least {}'])
  const { after, limit = 100 } = asked
  const filters = filter === undefined ? [] : [filter]
  const parentId = filter === undefined ? undefined : (asked as Readonly<Record<string, unknown>>)[filter]
  const problems = [
    ...unknownOptions('list', asked, ['after', 'limit', ...filters]),
    ...undefinedOptions('list', asked, ['after', ...filters]),
  ]
  if (parentId !== undefined && !isText(parentId)) problems.push(`list.${filter} must be a non-empty string`)
  if (!(Number.isSafeInteger(limit) && limit >= 1 && limit <= 1_000)) {
    problems.push('list.limit must be a whole number from 1 to 1000')
  }
  if (after !== undefined && placeOf(String(after)) === undefined) {
    problems.push('list.after must be the next of an earlier page')
  }
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  return {
    limit,
    ...(after !== undefined && { after }),
    ...(isText(parentId) && { parentId }),
  }
}

function requireAccount(accountId: string): void {
  if (!isText(accountId)) {
    throw new GateError('ERR_GATE_OPTIONS', ['accountId must be a non-empty string'])
  }
}

function whole<T>(outcome: T | Unfit): T {
  if (!(outcome instanceof Unfit)) return outcome
  const sentences = outcome.problems.map(({ path, problem }) => `${path === '' ? 'it' : path} ${problem}`)
  throw new GateError('ERR_GATE_OPTIONS', sentences)
}

async function within<T>(call: (options: CallOptions) => T | Promise<T>): Promise<T> {
  return callWithin(TIMEOUT_MS, call)
}
