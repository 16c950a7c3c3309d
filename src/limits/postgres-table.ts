import { RateLimiterPostgres } from 'rate-limiter-flexible'
import { Deadline, withDeadline } from '../deadline.js'
import type { CallOptions } from '../ports/call-options.js'
import type { PostgresPool } from './postgres-pool.js'

const UNDEFINED_TABLE = '42P01'
const DEFAULT_TIMEOUT_MS = 5_000

/** The table of the counts, made before it is first used. */
export interface LimitTable {
  /** Resolves once the table is there. What fails is tried again at the next call. */
  ready(options: CallOptions): Promise<void>
  /** Looks for the table again if that is what a statement failed for. */
  noteFailure(error: unknown): void
}

/** The table of counts, made when it is first needed. */
export function openTable(pool: PostgresPool, tableName: string): LimitTable {
  let known: Promise<void> | undefined

  async function isThere(): Promise<boolean> {
    const text = 'select 1 from pg_class where oid = to_regclass($1)'
    const { rows } = await pool.query({ text, values: [`"${tableName}"`] })
    return rows.length > 0
  }

  async function create(): Promise<void> {
    try {
      await createTable(pool, tableName)
    } catch (error) {
      // "If not exists" or not, PostgreSQL refuses one of two that create it at once, and a role that may not create
      // tables but use this one.
      if (!(await isThere())) throw error
    }
  }

  return {
    ready(options) {
      // A statement whose connection was lost without a word would be waited for by all that follow.
      const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
      known ??= withDeadline(create(), timeoutMs, new Deadline()).catch((error: unknown) => {
        known = undefined
        throw error
      })
      return known
    },
    noteFailure(error) {
      if ((error as { readonly code?: unknown } | null)?.code === UNDEFINED_TABLE) known = undefined
    },
  }
}

// Its columns are the library's own affair: a limiter that does nothing else creates it.
function createTable(pool: PostgresPool, tableName: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { storeClient: pool, storeType: 'pool', tableName, points: 1, duration: 1 }
    new RateLimiterPostgres({ ...options, clearExpiredByTimeout: false }, (error) => {
      if (error === undefined) resolve()
      else reject(error)
    })
  })
}
