/**
 * One sentence that an implementation of a port must keep, for any test runner.
 *
 * @example
 * for (const { name, run } of storeContract(open)) it(name, run)
 */
export interface ContractCase {
  /** A sentence about behaviour. No two cases of a contract share one. */
  readonly name: string
  /** Rejects where the sentence does not hold. */
  run(): Promise<void>
}
