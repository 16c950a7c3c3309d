import { attempt } from '../stages/attempt.js'
import type { Ending } from './settler.js'
import type { Settling } from './settling.js'

/** Node's response, as far as it tells what became of a request. */
export interface OutgoingResponse {
  readonly statusCode: number
  readonly writableEnded: boolean
  readonly destroyed: boolean
  once(event: 'finish' | 'close', listener: () => void): unknown
}

/** What this process holds for the requests that it is working on. */
export interface Holds {
  /** Settles what is held under `id` once the response is over, by what became of it. */
  settleWith(response: OutgoingResponse, id: string, settling: Settling): void
  /** Where a request has been answered, but what it holds is only just being settled, waits until it is. */
  whenSettled(id: string): Promise<unknown> | undefined
}

interface Hold {
  readonly response: OutgoingResponse
  readonly settled: Promise<void>
}

const COMMIT: Ending = Object.freeze({ as: 'commit' })
const RELEASE: Ending = Object.freeze({ as: 'release' })

/** @param timeoutMs - How long anybody waits for another request's settling. */
export function createHolds(timeoutMs: number): Holds {
  const holds = new Map<string, Hold>()

  return {
    settleWith(response, id, settling) {
      const forget = () => void (holds.get(id) === hold && holds.delete(id))
      const settled = endingOf(response).then((ending) => settling.conclude(ending))
      const hold = { response, settled: settled.then(forget) }
      holds.set(id, hold)
    },
    whenSettled(id) {
      const hold = holds.get(id)
      if (hold === undefined || !isOver(hold.response)) return undefined
      return Promise.resolve(attempt('store', timeoutMs, () => hold.settled))
    },
  }
}

/** Whether nobody can be answered any more: the client has gone away, or somebody has answered already. */
export function isOver({ writableEnded, destroyed }: OutgoingResponse): boolean {
  return writableEnded || destroyed
}

// A refusal that was sent says that nothing was done. Nothing else says so: not an error, nor a client that went away.
function endingOf(response: OutgoingResponse): Promise<Ending> {
  return new Promise((resolve) => {
    response.once('finish', () => {
      const { statusCode } = response
      resolve(statusCode >= 400 && statusCode < 500 ? RELEASE : COMMIT)
    })
    response.once('close', () => resolve(COMMIT))
  })
}
