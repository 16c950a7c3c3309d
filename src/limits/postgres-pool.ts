/** A statement for `pg`. */
export interface PostgresQuery {
  readonly text: string
  name?: string
  values?: unknown[]
  types?: { getTypeParser(): (text: string) => unknown }
}

/** What is used of a pool of `pg`. */
export interface PostgresPool {
  query(statement: PostgresQuery): Promise<{ readonly rows: readonly unknown[] }>
}

const NUMBERS: NonNullable<PostgresQuery['types']> = { getTypeParser: () => Number }

/**
 * The pool for statements that answer numbers alone. Hosts may have told `pg` to read 64-bit integers as `bigint`, which
 * the library cannot reckon with.
 */
export function readingNumbers(pool: PostgresPool): PostgresPool {
  return { query: (statement) => pool.query({ ...statement, types: NUMBERS }) }
}
