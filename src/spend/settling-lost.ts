import { isPending } from '../deadline.js'
import type { CallOptions } from '../ports/call-options.js'
import type { NewDecision, NewReservation, Reserved, SpendStore } from '../ports/spend-store.js'
import { Settling, type SettlingPorts } from './settling.js'

const RELEASE = Object.freeze({ as: 'release' })

/**
 * A store whose reservations are given back where nobody was told of them: a call that has failed, or was not answered in
 * time, may have reserved all the same, and whoever asked has gone on without.
 */
export function givingBackLost(ports: SettlingPorts): SpendStore {
  const { store } = ports

  function reserve(
    decision: NewDecision,
    reservation: NewReservation | null,
    call: CallOptions,
  ): Reserved | Promise<Reserved> {
    const isHeld = decision.outcome === 'approved' || reservation?.holdsAnyway === true
    if (reservation === null || !isHeld) {
      return store.reserve(decision, reservation, call)
    }
    const giveBack = giverBackOf(decision, reservation)
    try {
      const answer = store.reserve(decision, reservation, call)
      if (isPending(answer)) watch(Promise.resolve(answer), call.signal, giveBack)
      return answer
    } catch (error) {
      giveBack()
      throw error
    }
  }

  function giverBackOf({ id: decisionId }: NewDecision, { id, amount }: NewReservation): () => void {
    let settling: Settling | undefined
    return () => {
      settling ??= new Settling(ports, { id, decisionId, amount }, true)
      void settling.conclude(RELEASE)
    }
  }

  return {
    addSpendRecord: (...call) => store.addSpendRecord(...call),
    readSpendRecord: (...call) => store.readSpendRecord(...call),
    findSpendRecord: (...call) => store.findSpendRecord(...call),
    listSpendRecords: (...call) => store.listSpendRecords(...call),
    changeSpendRecord: (...call) => store.changeSpendRecord(...call),
    reserve,
    settle: (...call) => store.settle(...call),
    readReservation: (...call) => store.readReservation(...call),
    expireReservations: (...call) => store.expireReservations(...call),
    readSums: (...call) => store.readSums(...call),
    listDecisions: (...call) => store.listDecisions(...call),
    readDecision: (...call) => store.readDecision(...call),
  }
}

// Given back at the deadline, where it has been made by then, and once more when the answer comes after all.
function watch(answer: Promise<unknown>, signal: AbortSignal, giveBack: () => void): void {
  signal.addEventListener('abort', giveBack, { once: true })
  answer.then(() => {
    if (signal.aborted) giveBack()
  }, giveBack)
}
