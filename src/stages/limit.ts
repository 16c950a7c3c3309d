import { isPending } from '../deadline.js'
import { Refused, refused } from '../decision.js'
import type { LimitKind, Limits, LimitVerdict } from '../ports/limits.js'
import type { WarnOfOutage } from '../telemetry/outage-warner.js'
import { attempt } from './attempt.js'

/** Counts one more of a kind against the limit of `key`: `undefined` where it may pass. */
export type Limiter = (kind: LimitKind, key: string) => undefined | Refused | Promise<undefined | Refused>

const UNLIMITED: Limiter = () => undefined

/** Puts a host's limits under the gate's deadline and its declared way of failing. */
export function createLimiter(limits: Limits | undefined, timeoutMs: number, warn: WarnOfOutage): Limiter {
  if (limits === undefined) return UNLIMITED
  const { kinds, onOutage } = limits

  function judge(verdict: LimitVerdict | Refused): undefined | Refused {
    if (verdict instanceof Refused) return onOutage === 'allow' ? passUnlimited(verdict) : verdict
    return verdict.allowed ? undefined : refused('rate_limited', { retryAfterMs: verdict.retryAfterMs })
  }

  // The host has chosen to go without a limit; it must not do so unawares.
  function passUnlimited({ reason }: Refused): undefined {
    if (reason.code === 'dependency_unavailable') warn('limits', reason.cause)
    return undefined
  }

  return (kind, key) => {
    if (!kinds.includes(kind)) return undefined
    const verdict = attempt<LimitVerdict>('limits', timeoutMs, (options) => {
      const answer = limits.take(kind, key, options)
      return isPending(answer) ? answer.then(sound) : sound(answer)
    })
    return isPending(verdict) ? verdict.then(judge) : judge(verdict)
  }
}

function sound(verdict: LimitVerdict): LimitVerdict {
  const { allowed, retryAfterMs } = verdict ?? {}
  if (allowed === true || (allowed === false && Number.isFinite(retryAfterMs))) return verdict
  throw new TypeError('the limiter answered no verdict')
}
