/**
 * Waits between two tries. It may ignore the signal: the call ends at once all the same.
 *
 * @param ms - How long, in milliseconds.
 */
export type Sleep = (ms: number, options: { readonly signal: AbortSignal | undefined }) => Promise<void>

/** Waits on the machine's timer, which an abort clears. */
export const timerSleep: Sleep = (ms, { signal }) =>
  new Promise((resolve) => {
    const stop = startTimer(ms, () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    signal?.addEventListener('abort', stop, { once: true })
  })

/** The time that one try has. */
export interface Deadline {
  /** Aborted when the time is up, and when the caller gives up, even after {@link stop}. */
  readonly signal: AbortSignal
  /** Whether the time is up. */
  readonly passed: () => boolean
  /** Stops the timer: what was waited for is there. */
  readonly stop: () => void
}

/** Starts a deadline. */
export function startDeadline(timeoutMs: number, caller: AbortSignal | undefined): Deadline {
  const controller = new AbortController()
  const stop = startTimer(timeoutMs, () => controller.abort())
  const signal = caller === undefined ? controller.signal : AbortSignal.any([caller, controller.signal])
  return { signal, stop, passed: () => controller.signal.aborted }
}

/** An answer, or a rejection with the signal's reason as soon as that is aborted. What comes late is dropped. */
export function abortable<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp))
  })
}

function startTimer(ms: number, ring: () => void): () => void {
  const timer = setTimeout(ring, ms)
  return () => clearTimeout(timer)
}
