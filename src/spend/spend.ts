import { GateError } from '../gate-error.js'
import { noteSpend, recallSpend } from '../request-state.js'
import type { Money } from './money.js'

/** What a guarded route holds for one request. Its methods are bound. */
export interface Spend {
  /** Null where nothing is held: a mandate in `observe` lets pass while the ledger is away. */
  readonly reservationId: string | null
  /** The decision in the log. */
  readonly decisionId: string
  /** `observe` holds in a ledger of its own, which declines nothing. */
  readonly mode: 'observe' | 'enforce'
  /** What is reserved. */
  readonly money: Money
  /**
   * Counts the spend, and gives back what is left. Without an amount, all of it. Where nobody calls this or `release`,
   * the answer decides: 4xx gives everything back, and whatever else happens is counted. A client that goes away while
   * the handler runs ends the request: all is counted then, and less can no longer be.
   *
   * @param amount - 0 to what is reserved: minor units, or base units of a mint.
   * @throws SpendError `ERR_SPEND_AMOUNT` where it is more than that or no bigint, `ERR_SPEND_SETTLED` where the spend has
   * ended otherwise, `ERR_SPEND_UNSETTLED` where the store cannot answer: once the response has ended it is asked again.
   */
  commit(amount?: bigint): Promise<void>
  /**
   * Gives everything back: nothing was spent.
   *
   * @throws SpendError `ERR_SPEND_SETTLED`, `ERR_SPEND_UNSETTLED`, as `commit` does.
   */
  release(): Promise<void>
}

/** Why a {@link SpendError} was thrown. Codes are never renamed or reused. */
export type SpendErrorCode = 'ERR_SPEND_AMOUNT' | 'ERR_SPEND_SETTLED' | 'ERR_SPEND_UNSETTLED'

/**
 * Why a handler could not end its spend as it asked.
 *
 * @example
 * try {
 *   await getSpend(req).commit(charged)
 * } catch (error) {
 *   if (error instanceof SpendError) console.error(error.code, error.reservationId)
 * }
 */
export class SpendError extends Error {
  override readonly name = 'SpendError'
  readonly code: SpendErrorCode
  readonly reservationId: string | null

  constructor(code: SpendErrorCode, message: string, reservationId: string | null, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.reservationId = reservationId
  }
}

/** Hands a spend to whatever handles the request from here on. */
export function grantSpend(message: object, spend: Spend): void {
  noteSpend(message, spend)
}

/**
 * The spend of a request: of the latest guard that had something to reserve.
 *
 * @throws GateError `ERR_GATE_NO_SPEND` where there is none.
 */
export function lookUpSpend(message: object): Spend {
  // Nothing but what `grantSpend` was given is ever noted.
  const spend = recallSpend(message) as Spend | undefined
  if (spend !== undefined) return spend
  throw new GateError('ERR_GATE_NO_SPEND', [
    'getSpend: nothing is spent by this request; put reserveSpend(gate, ...) before this handler, and answer it more than null',
  ])
}
