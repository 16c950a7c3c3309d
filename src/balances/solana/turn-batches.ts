import { Deadline, DeadlinePassed } from '../../deadline.js'
import type { CallOptions } from '../../ports/call-options.js'

/** What batches are made of. */
export interface TurnBatchOptions<Answer> {
  /** How many keys the next call may carry; 0 where all have to wait for a call that is under way. */
  most(): number
  /**
   * Asks for several keys by one call.
   *
   * @returns What tells the answer for the key at a place, or throws for that key alone.
   */
  ask(keys: readonly string[], options: CallOptions): Promise<(at: number) => Answer>
}

/** Questions that share calls. */
export interface TurnBatches<Answer> {
  /** Every caller has a deadline of its own. A call is ended only when all who wait for it have left. */
  read(key: string, options: CallOptions): Promise<Answer>
  /** Tells everybody whose question has not gone yet that it will not be answered. */
  failWaiting(error: unknown): void
}

// Calls that carry less than they could: with more of them hardly anything would be shared, with one alone whoever comes
// during a call waits for two.
const MAX_PARTIAL = 2

interface Waiter<Answer> {
  readonly options: CallOptions
  readonly turn: number
  resolve(answer: Answer): void
  reject(error: unknown): void
  readonly leave: () => void
}

/** Those who ask for one key. */
interface Seat<Answer> {
  readonly key: string
  readonly waiters: Set<Waiter<Answer>>
  call: Call | undefined
}

/** A call that is under way. */
interface Call {
  readonly deadline: Deadline
  seatsTaken: number
  /** That somebody's time was up, which says more of the upstream than that somebody else gave up. */
  passed: DeadlinePassed | undefined
}

/**
 * Lets questions of one turn of the event loop share calls, without a timer: a full batch goes at once, a partial one
 * at the end of the turn, or when one lands where two are under way already.
 */
export function turnBatches<Answer>({ most, ask }: TurnBatchOptions<Answer>): TurnBatches<Answer> {
  let waiting = new Map<string, Seat<Answer>>()
  let partials = 0
  let turn = 0
  let isTurnNoted = false

  function noteTurn(): void {
    if (isTurnNoted) return
    isTurnNoted = true
    atEndOfTurn(() => {
      isTurnNoted = false
      sendFull()
      if (waiting.size > 0 && most() > 0 && partials < MAX_PARTIAL) send(most())
      turn++
    })
  }

  function sendFull(): void {
    for (let size = most(); size > 0 && waiting.size >= size; size = most()) send(size)
  }

  function send(size: number): void {
    const seats: Seat<Answer>[] = []
    for (const [key, seat] of waiting) {
      if (seats.length === size) break
      waiting.delete(key)
      seats.push(seat)
    }
    const isPartial = seats.length < size
    if (isPartial) partials++
    void carry(seats).finally(() => {
      if (isPartial) partials--
      if (waiting.size > 0) noteTurn()
    })
  }

  /** Makes one call and hands out what it answers. It never rejects. */
  async function carry(seats: readonly Seat<Answer>[]): Promise<void> {
    const call: Call = { deadline: deadlineOf(seats), seatsTaken: seats.length, passed: undefined }
    for (const seat of seats) seat.call = call
    try {
      const answerAt = await ask(
        seats.map(({ key }) => key),
        call.deadline,
      )
      for (const [at, seat] of seats.entries()) settle(seat, () => answerAt(at))
    } catch (error) {
      for (const seat of seats) settle(seat, () => raise(error))
    }
  }

  // The whole of what the upstream had of it is known only of those who did not wait for the call to go.
  function deadlineOf(seats: readonly Seat<Answer>[]): Deadline {
    let longestMs: number | undefined
    for (const { waiters } of seats) {
      for (const { options, turn: joined } of waiters) {
        const { timeoutMs } = options
        if (joined === turn && timeoutMs !== undefined) longestMs = Math.max(longestMs ?? 0, timeoutMs)
      }
    }
    return new Deadline(longestMs)
  }

  function settle(seat: Seat<Answer>, answer: () => Answer): void {
    try {
      const known = answer()
      for (const waiter of take(seat)) waiter.resolve(known)
    } catch (error) {
      for (const waiter of take(seat)) waiter.reject(error)
    }
  }

  function take({ waiters }: Seat<Answer>): readonly Waiter<Answer>[] {
    const taken = [...waiters]
    waiters.clear()
    for (const { options, leave } of taken) options.signal.removeEventListener('abort', leave)
    return taken
  }

  function left(seat: Seat<Answer>, reason: Error): void {
    const { key, waiters, call } = seat
    if (call === undefined) {
      if (waiters.size === 0) waiting.delete(key)
      return
    }
    if (reason instanceof DeadlinePassed) call.passed ??= reason
    if (waiters.size > 0) return
    call.seatsTaken--
    if (call.seatsTaken === 0) call.deadline.end(call.passed ?? reason)
  }

  return {
    read(key, options) {
      return new Promise<Answer>((resolve, reject) => {
        const { signal } = options
        signal.throwIfAborted()
        const seat = waiting.get(key) ?? { key, waiters: new Set(), call: undefined }
        const leave = () => {
          seat.waiters.delete(waiter)
          reject(signal.reason)
          left(seat, signal.reason)
        }
        const waiter: Waiter<Answer> = { options, turn, resolve, reject, leave }
        seat.waiters.add(waiter)
        signal.addEventListener('abort', leave, { once: true })
        waiting.set(key, seat)
        sendFull()
        noteTurn()
      })
    },
    failWaiting(error) {
      const seats = [...waiting.values()]
      waiting = new Map()
      for (const seat of seats) settle(seat, () => raise(error))
    },
  }
}

function raise(error: unknown): never {
  throw error
}

// What a turn still has to do are ticks and promises: a tick that is asked for among promises comes after all of them.
function atEndOfTurn(run: () => void): void {
  queueMicrotask(() => process.nextTick(run))
}
