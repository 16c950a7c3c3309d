import { type ManagedStore, withManager } from '../credentials/manager.js'
import { GateError } from '../gate-error.js'
import { clockProblems, isOptions, unknownOptions } from '../option-check.js'
import type { Clock } from '../ports/clock.js'
import type { SpendStore } from '../ports/spend-store.js'
import type { ChangePage, Store } from '../ports/store.js'
import { isSpendStore } from '../spend-option-problems.js'
import { soundClock, systemClock } from '../system-clock.js'

/** Which store keeps what. */
export interface ComposeOptions<Durable extends Store = Store> {
  /** Keeps credentials, what they were used for and what is spent: what must never be lost. */
  readonly durable: Durable
  /** Keeps claims and ended sessions: short-lived, and asked by every instance. */
  readonly shared: Store
  /** Default the machine's. */
  readonly clock?: Clock
}

/** A store that is composed: what spending is decided with is there where the durable store has it. */
export type ComposedStore<Durable extends Store> = ManagedStore &
  (Durable extends SpendStore ? SpendStore : unknown)

/**
 * One store of two, such as credentials and spending in PostgreSQL and the rest in Redis. What either of them cannot
 * tell is an outage.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * const store = composeStore({ durable: sqlStore(kysely, { sealingKeys }), shared: redisStore(redis, { sealingKeys }) })
 */
export function composeStore<Durable extends Store>(
  options: ComposeOptions<Durable>,
): ComposedStore<Durable> {
  const problems = problemsOf(options)
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { durable, shared } = options
  const store: Store = {
    findCredential: (lookup, call) => durable.findCredential(lookup, call),
    addCredential: (entry, maxPerAccount, call) => durable.addCredential(entry, maxPerAccount, call),
    readCredential: (id, call) => durable.readCredential(id, call),
    listCredentials: (query, call) => durable.listCredentials(query, call),
    changeCredential: (entry, call) => durable.changeCredential(entry, call),
    addUsage: (batch, call) => durable.addUsage(batch, call),
    readUsage: (query, call) => durable.readUsage(query, call),
    claim: (key, expiresAtMs, call) => shared.claim(key, expiresAtMs, call),
    // What ends an account or a wallet is told of by the durable store; that ends its sessions too.
    revokeCredentials: (end, call) =>
      (end.kind === 'session' ? shared : durable).revokeCredentials(end, call),
    async changesSince(cursor, call) {
      const [durableCursor, sharedCursor] = readCursor(cursor)
      const [ofDurable, ofShared] = await Promise.all([
        durable.changesSince(durableCursor, call),
        shared.changesSince(sharedCursor, call),
      ])
      return joined(ofDurable, ofShared)
    },
    async close() {
      await Promise.all([durable.close(), shared.close()])
    },
  }
  const composed = withManager(store, soundClock(options.clock ?? systemClock))
  return Object.assign(composed, spendVerbsOf(durable)) as ManagedStore as ComposedStore<Durable>
}

function spendVerbsOf(durable: Store): SpendStore | undefined {
  return isSpendStore(durable)
    ? {
        addSpendRecord: (record, call) => durable.addSpendRecord(record, call),
        readSpendRecord: (kind, id, call) => durable.readSpendRecord(kind, id, call),
        findSpendRecord: (kind, lookup, call) => durable.findSpendRecord(kind, lookup, call),
        listSpendRecords: (query, call) => durable.listSpendRecords(query, call),
        changeSpendRecord: (record, call) => durable.changeSpendRecord(record, call),
        reserve: (decision, reservation, call) => durable.reserve(decision, reservation, call),
        settle: (settlement, call) => durable.settle(settlement, call),
        readReservation: (id, call) => durable.readReservation(id, call),
        expireReservations: (limit, call) => durable.expireReservations(limit, call),
        readSums: (spans, call) => durable.readSums(spans, call),
        listDecisions: (query, call) => durable.listDecisions(query, call),
        readDecision: (id, call) => durable.readDecision(id, call),
      }
    : undefined
}

function joined(durable: ChangePage, shared: ChangePage): ChangePage {
  return {
    changes: [...durable.changes, ...shared.changes],
    cursor: JSON.stringify([durable.cursor, shared.cursor]),
    hasMore: durable.hasMore || shared.hasMore,
  }
}

function readCursor(cursor: string | null): readonly [string | null, string | null] {
  return cursor === null ? [null, null] : (JSON.parse(cursor) as [string, string])
}

function problemsOf(options: ComposeOptions): string[] {
  if (!isOptions(options)) return ['composeStore must be given { durable, shared }']
  const { durable, shared, clock } = options
  const problems = unknownOptions('composeStore', options, ['durable', 'shared', 'clock'])
  if (typeof durable?.addCredential !== 'function') problems.push('composeStore.durable must be a store')
  if (typeof shared?.claim !== 'function') problems.push('composeStore.shared must be a store')
  return [...problems, ...clockProblems('composeStore.clock', clock)]
}
