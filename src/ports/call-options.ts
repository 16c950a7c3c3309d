/** What every port call is given beside its question. */
export interface CallOptions {
  /** Aborted at the call's deadline. It is made only when it is read. */
  readonly signal: AbortSignal
}
