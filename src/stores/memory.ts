import { type ManagedStore, withManager } from '../credentials/manager.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, unknownOptions } from '../option-check.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'
import { soundClock, systemClock } from '../system-clock.js'
import { createChangeLog } from './memory/changes.js'
import { createClaims } from './memory/claims.js'
import { createCredentials } from './memory/credentials.js'
import { createUsage } from './memory/usage.js'

/** A store for one process: everything is gone when it ends. */
export type MemoryStore = ManagedStore

/** What a memory store goes by. */
export interface MemoryStoreOptions {
  /** For how long a claim is remembered. Default the machine's. */
  readonly clock?: Clock
}

/**
 * Keeps credentials, claims and counts in this process.
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
  const store: Store = {
    claim: createClaims(clock),
    ...createCredentials(clock, changes),
    changesSince: (cursor) => changes.since(cursor),
    ...createUsage(clock),
    close: async () => undefined,
  }
  return withManager(store, clock)
}
