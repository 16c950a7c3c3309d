import { GateError } from '../gate-error.js'
import { describeCause } from '../telemetry/redact.js'

/** Why a command did not do what it was asked for. Codes are never renamed. */
export type FailureCode =
  | 'usage'
  | 'credential_unknown'
  | 'credential_exists'
  | 'credential_revoked'
  | 'credential_kind'
  | 'secret_short'
  | 'store_unavailable'
  | 'tables_missing'
  | 'package_missing'
  | 'output_failed'
  | 'unexpected'

/** What a command is ended with: one sentence for whoever called it, without a secret and without a stack. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: FailureCode

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** 2 where the command was called wrongly, 1 where it was refused or failed. */
  get exitCode(): 1 | 2 {
    return this.code === 'usage' ? 2 : 1
  }
}

/** A command that was called wrongly. */
export function wrongUsage(message: string): Failure {
  return new Failure('usage', message)
}

/** What is told of anything that was thrown outside of the store. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof GateError) return failureOfGate(error)
  return new Failure('unexpected', `this should not happen: ${describeCause(error)}`, { cause: error })
}

/** What is told of anything that a store has thrown. */
export function failureOfStore(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof GateError) return failureOfGate(error)
  if (lacksTables(error)) {
    return new Failure('tables_missing', 'the tables are missing or not up to date: run sallyport migrate', {
      cause: error,
    })
  }
  const problem = describeCause(error)
  const [unopened] = /a stored secret is sealed with the key [^,]+, which is not given/.exec(problem) ?? []
  const told = unopened === undefined ? problem : `${unopened}: add it to SALLYPORT_SEALING_KEYS`
  return new Failure('store_unavailable', `the store: ${told}`, { cause: error })
}

// PostgreSQL's undefined_table and undefined_column; SQLite tells them by their words alone.
const LACKING: readonly unknown[] = ['42P01', '42703']

/** Whether a database has said that a table or a column is not there. */
export function lacksTables(error: unknown): boolean {
  const { code, message, cause } = (error ?? {}) as { code?: unknown; message?: unknown; cause?: unknown }
  if (LACKING.includes(code) || /no such (?:table|column)/.test(String(message))) return true
  return cause !== undefined && lacksTables(cause)
}

const EXISTS = 'this credential is already in the store'

function failureOfGate({ problems }: GateError): Failure {
  if (problems.includes(EXISTS)) return new Failure('credential_exists', EXISTS)
  return wrongUsage(problems.join('; '))
}
