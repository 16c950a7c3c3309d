import { attempt } from '../stages/attempt.js'
import type { Passage } from './guard-passage.js'
import type { Settling } from './settling.js'

/** What this process holds for the requests that it is working on. */
export interface Holds {
  /** Settles what is held under `id` once the request is over, by what became of it. */
  settleAfter(passage: Passage, id: string, settling: Settling): void
  /** Where a request has been answered, but what it holds is only just being settled, waits until it is. */
  whenSettled(id: string): Promise<unknown> | undefined
}

interface Hold {
  readonly passage: Passage
  readonly settled: Promise<void>
}

/** @param timeoutMs - How long anybody waits for another request's settling. */
export function createHolds(timeoutMs: number): Holds {
  const holds = new Map<string, Hold>()

  return {
    settleAfter(passage, id, settling) {
      const forget = () => void (holds.get(id) === hold && holds.delete(id))
      const settled = passage.end().then((ending) => settling.conclude(ending))
      const hold = { passage, settled: settled.then(forget) }
      holds.set(id, hold)
    },
    whenSettled(id) {
      const hold = holds.get(id)
      if (hold === undefined || !hold.passage.isOver()) return undefined
      return Promise.resolve(attempt('store', timeoutMs, () => hold.settled))
    },
  }
}
