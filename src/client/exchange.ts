import type { Clock } from '../ports/clock.js'
import { type Base, type Call, prepareCall } from './call.js'
import { SallyportError } from './errors.js'
import { type Failure, failed, isSuccess, networkFailure, readFailure, timeoutFailure } from './failure.js'
import { waitBeforeRetryMs } from './retry.js'
import { createScrub } from './scrub.js'
import type { Token, TokenSource } from './token-source.js'
import { abortable, type Sleep, startDeadline } from './wait.js'

/** What a client works with: its options, checked and complete. */
export interface Settings {
  readonly base: Base
  readonly tokens: TokenSource
  readonly wallet: string | undefined
  readonly walletHeader: string
  readonly timeoutMs: number
  readonly maxRetries: number
  readonly maxWaitMs: number
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly sleep: Sleep
}

/** Sends a request, as often as it takes, and reads the answer. */
export type Exchange = <T>(
  input: string | URL | Request,
  init: RequestInit,
  read: (response: Response) => Promise<T>,
) => Promise<T>

type Outcome<T> = { readonly value: T } | Failure

/** Makes what carries out a client's calls. */
export function createExchange(settings: Settings): Exchange {
  const { base, tokens, wallet, walletHeader, timeoutMs, maxRetries, maxWaitMs, clock } = settings

  /** One try. Whatever the backend or the network does is an outcome; what is thrown is the caller's own. */
  async function attempt<T>(
    call: Call,
    token: Token,
    read: (response: Response) => Promise<T>,
  ): Promise<Outcome<T>> {
    const scrub = createScrub([...tokens.secrets, token.text])
    const headers = new Headers(call.headers)
    headers.set('Authorization', `Bearer ${token.text}`)
    if (wallet !== undefined) headers.set(walletHeader, wallet)
    const deadline = startDeadline(timeoutMs, call.signal)
    const { signal } = deadline
    const init: RequestInit = { ...call.init, method: call.method, headers, signal, redirect: 'manual' }
    try {
      const response = await abortable(settings.fetch(call.target, init), signal)
      if (isSuccess(response)) return { value: await abortable(read(response), signal) }
      const failure = await readFailure(response, scrub, clock.wallMs(), signal)
      call.signal?.throwIfAborted()
      return failure
    } catch (error) {
      call.signal?.throwIfAborted()
      if (error instanceof SallyportError) return failed(error)
      const what = `${call.method} ${base.origin}`
      return deadline.passed() ? timeoutFailure(what, timeoutMs) : networkFailure(what, error, scrub)
    } finally {
      deadline.stop()
    }
  }

  return async (input, init, read) => {
    const call = prepareCall(input, init, base, walletHeader, createScrub(tokens.secrets))
    const { signal, replayable } = call
    let mayRenew = replayable
    for (let retries = 0; ; ) {
      signal?.throwIfAborted()
      const token = await abortable(tokens.next(), signal)
      const outcome = await attempt(call, token, read)
      if ('value' in outcome) return outcome.value
      if (mayRenew && outcome.outOfTime && token.renew !== undefined) {
        token.renew(outcome.serverMs)
        mayRenew = false
        continue
      }
      const waitMs = retries < maxRetries ? waitBeforeRetryMs(outcome, call, retries, maxWaitMs) : undefined
      if (waitMs === undefined) throw outcome.error
      retries++
      await abortable(settings.sleep(waitMs, { signal }), signal)
    }
  }
}
