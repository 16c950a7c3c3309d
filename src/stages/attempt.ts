import { callWithin, isPromise } from '../deadline.js'
import { type Dependency, type Refused, refused } from '../decision.js'
import type { CallOptions } from '../ports/call-options.js'

/**
 * Calls a port: the only place where a port's failure becomes an outage. A throw, a rejection or no answer within
 * `timeoutMs` is `dependency_unavailable`; an answer that is known at once is handed back at once.
 */
export function attempt<T>(
  dependency: Dependency,
  timeoutMs: number,
  call: (options: CallOptions) => T | Promise<T>,
): T | Refused | Promise<T | Refused> {
  try {
    const answer = callWithin(timeoutMs, call)
    return isPromise(answer) ? answer.catch((cause: unknown) => outageOf(dependency, cause)) : answer
  } catch (cause) {
    return outageOf(dependency, cause)
  }
}

function outageOf(dependency: Dependency, cause: unknown): Refused {
  return refused('dependency_unavailable', { dependency, cause })
}
