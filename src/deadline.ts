import type { CallOptions } from './ports/call-options.js'

/** Why a call was ended whose time was up, in contrast to one whose caller gave up. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
}

/** The options of one call. The abort controller is made only when somebody looks at the signal. */
export class Deadline implements CallOptions {
  readonly timeoutMs?: number
  #controller: AbortController | undefined
  #reason: Error | undefined

  constructor(timeoutMs?: number) {
    if (timeoutMs !== undefined) this.timeoutMs = timeoutMs
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Ends the call: its signal is, or will be, aborted. The first reason stays. */
  end(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
  }
}

/** Whether an answer of our own is still to come. What hosts hand us may be any thenable: {@link isPending}. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise
}

/** Whether an answer is still to come. */
export function isPending<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

/**
 * The answer of the call that was given `deadline`, or a rejection once `timeoutMs` have passed. What comes late is
 * dropped, failures too.
 */
export function withDeadline<T>(answer: Promise<T>, timeoutMs: number, deadline: Deadline): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      const reason = new DeadlinePassed(`no answer within ${timeoutMs} ms`)
      deadline.end(reason)
      reject(reason)
    }, timeoutMs)
    Promise.resolve(answer).then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

/**
 * Makes a call that is given a deadline and ends with it. What is known at once is handed back at once; a throw of the
 * call itself is thrown.
 */
export function callWithin<T>(
  timeoutMs: number,
  call: (options: CallOptions) => T | Promise<T>,
): T | Promise<T> {
  const deadline = new Deadline(timeoutMs)
  const answer = call(deadline)
  return isPending(answer) ? withDeadline(answer, timeoutMs, deadline) : answer
}

/**
 * Runs something once, `delayMs` from now. It does not keep the process alive: what must not be lost is done when the
 * gate is closed.
 */
export function runLater(delayMs: number, run: () => void): void {
  setTimeout(run, delayMs).unref()
}
