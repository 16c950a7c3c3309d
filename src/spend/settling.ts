import { isPending } from '../deadline.js'
import { Refused, refused } from '../decision.js'
import type { Reservation, Settled, SpendStore } from '../ports/spend-store.js'
import { attempt } from '../stages/attempt.js'
import type { Ending } from './settler.js'
import type { Later } from './settling-later.js'
import { SpendError } from './spend.js'

/** What a reservation is ended with. */
export interface SettlingPorts {
  readonly store: SpendStore
  /** How long the store may take. */
  readonly timeoutMs: number
  readonly later: Later
}

/** Which reservation it is: its id may be used again once everything was given back, so its decision names it too. */
export type Settleable = Pick<Reservation, 'id' | 'decisionId' | 'amount'>

type Ended = Pick<Reservation, 'state' | 'committed'>

const RETRY_DELAYS_MS = [500, 2_000, 8_000, 30_000] as const
const RELEASED: Ended = Object.freeze({ state: 'released', committed: null })
const UNKNOWN = refused('dependency_unavailable', {
  dependency: 'store',
  cause: new Error('the store does not know the reservation'),
})

/** The end of one reservation: asked for by a handler, or concluded from what became of the request. Only one counts. */
export class Settling {
  readonly #ports: SettlingPorts
  readonly #reservation: Settleable
  readonly #tell: (cause: unknown) => void
  #ended: Ended | undefined
  /** What was asked for last, and may not have been done. */
  #wanted: Ending | undefined
  /** Whether the store may have made, or ended, the reservation without our knowing. */
  #isUnsure: boolean
  /** The store's own answer, which may come after nobody waits for it any more. */
  #underWay: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()

  /**
   * @param isUnsure - Whether it is not known that it was made at all.
   * @param tell - Told of every try in the background that has failed.
   */
  constructor(
    ports: SettlingPorts,
    reservation: Settleable,
    isUnsure = false,
    tell: (cause: unknown) => void = () => undefined,
  ) {
    this.#ports = ports
    this.#reservation = reservation
    this.#isUnsure = isUnsure
    this.#tell = tell
  }

  /** Ends it, after whatever else is being done to it. Twice the same is the same. Rejects with a {@link SpendError}. */
  end(ending: Ending): Promise<void> {
    const mine = this.#turn.then(() => this.#end(ending))
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  /**
   * Ends it as a handler has asked before, or like this where none has. What fails is tried a few times more: then it is
   * left to the reservation's expiry. Never rejects; resolves after the first try.
   */
  async conclude(ending: Ending): Promise<void> {
    await this.#turn
    await this.#conclude(ending, 0)
  }

  async #conclude(ending: Ending, tries: number): Promise<void> {
    if (this.#ended !== undefined) return
    try {
      await this.end(this.#wanted ?? ending)
    } catch (error) {
      if (!(error instanceof SpendError) || error.code !== 'ERR_SPEND_UNSETTLED') return
      this.#tell(error.cause)
      const delayMs = RETRY_DELAYS_MS[tries]
      if (delayMs !== undefined) this.#ports.later(delayMs, () => void this.#conclude(ending, tries + 1))
    }
  }

  async #end(ending: Ending): Promise<void> {
    if (this.#ended === undefined) {
      this.#wanted = ending
      const outage = await this.#settle(ending)
      if (outage !== undefined) throw this.#unsettled(outage)
    }
    if (this.#ended !== undefined && !this.#isSame(this.#ended, ending)) throw this.#settled(this.#ended)
  }

  async #settle({ as, amount }: Ending): Promise<Refused | undefined> {
    const { store, timeoutMs } = this.#ports
    if (this.#isUnsure) {
      const outage = await this.#look()
      if (outage !== undefined || this.#ended !== undefined) return outage
    }
    const { id, decisionId } = this.#reservation
    this.#isUnsure = true
    const settled = await attempt('store', timeoutMs, (call) =>
      this.#follow(store.settle({ id, as, decisionId, ...(amount !== undefined && { amount }) }, call)),
    )
    if (settled instanceof Refused) return settled
    this.#note(settled)
    return settled === undefined ? UNKNOWN : undefined
  }

  /**
   * What became of it. To send a release twice at once could give back what a later request of the same id holds: first
   * the earlier answer is waited for, and then the reservation must still be the one that is meant.
   */
  async #look(): Promise<Refused | undefined> {
    const { store, timeoutMs } = this.#ports
    const { id, decisionId } = this.#reservation
    const answered = await attempt('store', timeoutMs, () => this.#underWay)
    if (answered instanceof Refused) return answered
    if (this.#ended !== undefined) return undefined
    const found = await attempt('store', timeoutMs, (call) => store.readReservation(id, call))
    if (found instanceof Refused) return found
    if (found === undefined) return UNKNOWN
    const { reservation } = found
    if (reservation.state !== 'held' || reservation.decisionId !== decisionId) this.#note(found)
    return undefined
  }

  #follow(answer: ReturnType<SpendStore['settle']>): ReturnType<SpendStore['settle']> {
    if (!isPending(answer)) return answer
    const whole = Promise.resolve(answer)
    this.#underWay = whole.then((settled) => this.#note(settled)).catch(() => undefined)
    return whole
  }

  #note(found: Pick<Settled, 'reservation'> | undefined): void {
    if (found === undefined) return
    const { reservation } = found
    // Where another request holds under this id, what was ours was given back before.
    this.#ended ??= reservation.decisionId === this.#reservation.decisionId ? reservation : RELEASED
  }

  #isSame({ state, committed }: Ended, { as, amount }: Ending): boolean {
    return as === 'release'
      ? state === 'released'
      : state === 'committed' && committed === (amount ?? this.#reservation.amount)
  }

  #settled({ state, committed }: Ended): SpendError {
    const { id, amount } = this.#reservation
    const how = state === 'committed' ? `committed: ${committed} of ${amount}` : 'released'
    return new SpendError('ERR_SPEND_SETTLED', `the reservation ${id} was already ${how}`, id)
  }

  #unsettled({ reason }: Refused): SpendError {
    const { id } = this.#reservation
    const cause = reason.code === 'dependency_unavailable' ? reason.cause : reason
    return new SpendError(
      'ERR_SPEND_UNSETTLED',
      `the store could not answer, so that it is not known whether the reservation ${id} has ended`,
      id,
      { cause },
    )
  }
}
