/** What every port call is given beside its question. */
export interface CallOptions {
  /** Aborted at the call's deadline. It is made only when it is read. */
  readonly signal: AbortSignal
  /** How long the caller waits, in milliseconds from the call on. Absent where that is not known. */
  readonly timeoutMs?: number
}
