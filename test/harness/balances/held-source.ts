import type { Balance, BalanceQuery, BalanceSource, CallOptions, MintInfo } from 'sallyport'
import { balance } from './readings.js'

/** One call that has reached the source and waits for the test to answer it. */
export interface HeldCall {
  /** Absent for a question after a mint. */
  readonly query: BalanceQuery | undefined
  readonly signal: AbortSignal
  answer(held?: bigint | Balance): void
  fail(error?: unknown): void
}

/** A source that answers only when the test says so. It takes no notice of signals unless `heeds` is set. */
export interface HeldSource extends BalanceSource {
  readonly calls: readonly HeldCall[]
  readonly inFlight: number
  /** The most calls there have been at a time. */
  readonly most: number
}

export function heldSource({ heeds = false }: { readonly heeds?: boolean } = {}): HeldSource {
  const calls: HeldCall[] = []
  let inFlight = 0
  let most = 0

  function hold<T>(
    query: BalanceQuery | undefined,
    { signal }: CallOptions,
    make: (held: bigint | Balance) => T,
  ): Promise<T> {
    inFlight++
    most = Math.max(most, inFlight)
    const answer = new Promise<T>((resolve, reject) => {
      if (heeds) signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      calls.push({
        query,
        signal,
        answer: (held = 1n) => resolve(make(held)),
        fail: (error = new Error('down')) => reject(error),
      })
    })
    return answer.finally(() => {
      inFlight--
    })
  }

  return {
    calls,
    get inFlight() {
      return inFlight
    },
    get most() {
      return most
    },
    read: (query, options) =>
      hold(query, options, (held) => (typeof held === 'bigint' ? balance(held) : held)),
    readMint: (_mint, options) => hold<MintInfo>(undefined, options, () => ({ decimals: 9 })),
  }
}

/** The call at a place in the order of arrival; a test that has fewer has failed already. */
export function callAt({ calls }: HeldSource, at: number): HeldCall {
  const call = calls.at(at)
  if (call === undefined)
    throw new Error(`no call number ${at} has reached the source; there are ${calls.length}`)
  return call
}
