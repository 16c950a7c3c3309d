import { type ManagedStore, withManager } from '../credentials/manager.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, unknownOptions } from '../option-check.js'
import type { Clock } from '../ports/clock.js'
import type { SpendStore } from '../ports/spend-store.js'
import type { Store } from '../ports/store.js'
import { soundClock, systemClock } from '../system-clock.js'
import { createChangeLog } from './memory/changes.js'
import { createClaims } from './memory/claims.js'
import { createCredentials } from './memory/credentials.js'
import { createDecisionLog } from './memory/decisions.js'
import { createLedger } from './memory/ledger.js'
import { createSpendRecords } from './memory/spend-records.js'
import { createUsage } from './memory/usage.js'

/** A store for one process: everything is gone when it ends. */
export type MemoryStore = ManagedStore & SpendStore

/** What a memory store goes by. */
export interface MemoryStoreOptions {
  /** For how long a claim is remembered, and a reservation held. Default the machine's. */
  readonly clock?: Clock
}

/**
 * Keeps credentials, claims, counts and what is spent in this process. Of decisions it keeps the 100,000 latest, and as
 * many reservations that are no longer held: beyond them the oldest are forgotten with their trails, and a request that
 * comes again with the id of a forgotten reservation is new. What is held is never forgotten. Of budgets it keeps what
 * their windows still need; records, and budgets that never end, stay and add up.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * const store = memoryStore()
 * const gate = createGate({ store })
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const problems = isOptions(options)
    ? [
        ...unknownOptions('memoryStore', options, ['clock']),
        ...clockProblems('memoryStore.clock', options.clock),
      ]
    : ['memoryStore must be given options, at least {}']
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const clock = soundClock(options.clock ?? systemClock)
  const changes = createChangeLog(clock)
  const decisions = createDecisionLog()
  const store: Store & SpendStore = {
    claim: createClaims(clock),
    ...createCredentials(clock, changes),
    changesSince: (cursor) => changes.since(cursor),
    ...createUsage(clock),
    ...createSpendRecords(),
    ...createLedger(clock, decisions),
    listDecisions: decisions.listDecisions,
    readDecision: decisions.readDecision,
    close: async () => undefined,
  }
  return withManager(store, clock)
}
