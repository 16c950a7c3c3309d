import type { Call } from './call.js'
import type { Failure } from './failure.js'

/** How long is waited between tries, in milliseconds. */
const FIRST_BACKOFF_MS = 500
const MAX_BACKOFF_MS = 8_000
/** At most this much is added to what the server asks for, so that callers it turned away together come back apart. */
const JITTER_MS = 500

/**
 * How long to wait before the same call is tried again; `undefined` where it must not be. Whatever may have been carried
 * out already is tried again only where twice is as good as once.
 *
 * @param retries - How often it has been tried again so far.
 * @param maxWaitMs - The longest wait that is worth it. Coming back earlier than asked would be refused again.
 */
export function waitBeforeRetryMs(
  { error, untouched }: Failure,
  { replayable, idempotent }: Call,
  retries: number,
  maxWaitMs: number,
): number | undefined {
  if (!error.retryable || !replayable || !(idempotent || untouched)) return undefined
  if (error.retryAfterMs === undefined) {
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** retries)
    return Math.min(maxWaitMs, backoffMs * (0.5 + randomShare() / 2))
  }
  return error.retryAfterMs > maxWaitMs ? undefined : error.retryAfterMs + randomShare() * JITTER_MS
}

/** From 0 to below 1. */
function randomShare(): number {
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1))
  return drawn / 2 ** 32
}
