import { RateLimiterPostgres } from 'rate-limiter-flexible'
import { GateError } from '../gate-error.js'
import { isOptions } from '../option-check.js'
import type { Limits } from '../ports/limits.js'
import { countedLimits } from './counted.js'
import type { SharedLimitOptions } from './limit.js'
import { limitProblems, outageProblems } from './option-problems.js'
import { type PostgresPool, readingNumbers } from './postgres-pool.js'
import { openTable } from './postgres-table.js'

/** Limits that instances share through PostgreSQL. */
export interface PostgresLimitsOptions extends SharedLimitOptions {
  /** Gates with the same table and limits count together. Default `sallyport_limits`. */
  readonly tableName?: string
}

// The names of prepared statements begin with it, and end after 63 characters.
const TABLE_NAME = /^[a-z_][a-z0-9_]{0,39}$/

/**
 * Limits that all instances share, in a table of PostgreSQL, which is created when it is first needed and is not there.
 * Rows that ended an hour ago are deleted every five minutes. Windows begin and end by the clocks of the instances: keep
 * those in step.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * const limits = postgresLimits(new Pool({ connectionString }), {
 *   account: { requests: 600, windowSeconds: 60 },
 *   onOutage: 'allow',
 * })
 * const gate = createGate({ store, limits })
 */
export function postgresLimits(pool: PostgresPool, options: PostgresLimitsOptions): Limits {
  const problems = [
    ...(typeof pool?.query === 'function' ? [] : ['postgresLimits must be given a pool of pg']),
    ...optionProblems(options),
  ]
  if (problems.length > 0) throw new GateError('ERR_GATE_OPTIONS', problems)

  const { onOutage, tableName = 'sallyport_limits' } = options
  const table = openTable(pool, tableName)
  const common = { storeClient: readingNumbers(pool), storeType: 'pool', tableName, tableCreated: true }
  // They share a table, so one of them clears it. Its timer does not keep the process alive.
  let clearExpiredByTimeout = true
  const limits = countedLimits(options, onOutage, (settings) => {
    const limiter = new RateLimiterPostgres({ ...common, ...settings, clearExpiredByTimeout })
    clearExpiredByTimeout = false
    return limiter
  })

  return Object.freeze<Limits>({
    ...limits,
    async take(kind, key, callOptions) {
      await table.ready(callOptions)
      try {
        return await limits.take(kind, key, callOptions)
      } catch (error) {
        table.noteFailure(error)
        throw error
      }
    },
  })
}

function optionProblems(options: PostgresLimitsOptions): string[] {
  if (!isOptions(options)) return ['postgresLimits must be given options, at least a limit and onOutage']
  const { tableName } = options
  return [
    ...limitProblems('postgresLimits', options, ['onOutage', 'tableName']),
    ...outageProblems('postgresLimits', options),
    ...(tableName === undefined || (typeof tableName === 'string' && TABLE_NAME.test(tableName))
      ? []
      : [
          'postgresLimits.tableName must be 1 to 40 lower-case letters, digits and underscores, not beginning with a digit',
        ]),
  ]
}
