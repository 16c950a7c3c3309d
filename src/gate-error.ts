/** Why a {@link GateError} was thrown. Codes are never renamed or reused. */
export type GateErrorCode =
  | 'ERR_GATE_OPTIONS'
  | 'ERR_GATE_NOT_READY'
  | 'ERR_GATE_NO_ACCESS'
  | 'ERR_GATE_WALLET_SCOPE'
  | 'ERR_GATE_NO_SPEND'
  | 'ERR_GATE_BODY_UNPARSED'

/**
 * A mistake in how the gate was wired, for whoever wired it. Nothing a caller sends causes one.
 *
 * @example
 * try {
 *   createGate({ store, methods: [], scope: ['x'] })
 * } catch (error) {
 *   if (error instanceof GateError) console.error(error.code, error.problems)
 * }
 */
export class GateError extends Error {
  override readonly name = 'GateError'
  readonly code: GateErrorCode
  /** One sentence per problem, each beginning with the name of the option. */
  readonly problems: readonly string[]

  constructor(code: GateErrorCode, problems: readonly string[], options?: ErrorOptions) {
    super(
      problems.length === 1 ? problems[0] : `${problems.length} problems:\n- ${problems.join('\n- ')}`,
      options,
    )
    this.code = code
    this.problems = problems
  }
}
