import { Deadline, isPending, isPromise, withDeadline } from '../deadline.js'
import { type Refused, refused } from '../decision.js'
import { isDenial, type Policy, type PolicyInput, type Verdict } from '../policy.js'

const DENIED = refused('policy_denied', { policyCode: 'policy_denied', policyDetail: undefined })

/**
 * What do the host's policies say? They are asked in order and the first that does not say `true` ends the request;
 * each has `timeoutMs` of its own.
 */
export function consultPolicies(
  policies: readonly Policy[],
  input: PolicyInput,
  timeoutMs: number,
  from = 0,
): Refused | undefined | Promise<Refused | undefined> {
  for (let at = from; at < policies.length; at++) {
    const policy = policies[at]
    if (policy === undefined) break
    const deadline = new Deadline()
    let verdict: Verdict | Promise<Verdict>
    try {
      const answer = policy(input, deadline)
      verdict = answer === true || !isPending(answer) ? answer : Promise.resolve(answer)
    } catch (cause) {
      return refused('policy_unavailable', { cause })
    }
    if (isPromise(verdict)) {
      return withDeadline(verdict, timeoutMs, deadline).then(
        (known) => judge(known) ?? consultPolicies(policies, input, timeoutMs, at + 1),
        (cause: unknown) => refused('policy_unavailable', { cause }),
      )
    }
    const refusal = judge(verdict)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function judge(verdict: unknown): Refused | undefined {
  if (verdict === true) return undefined
  if (verdict === false) return DENIED
  if (isDenial(verdict)) {
    return refused('policy_denied', { policyCode: verdict.code, policyDetail: verdict.detail })
  }
  const cause = new Error('the policy answered neither true, nor false, nor deny(...)')
  return refused('policy_unavailable', { cause })
}
