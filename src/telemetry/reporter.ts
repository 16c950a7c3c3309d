import type { Principal } from '../access.js'
import { isPending } from '../deadline.js'
import type { Decision, Refusal } from '../decision.js'
import type { Balance } from '../ports/balance-source.js'
import type { Clock } from '../ports/clock.js'
import { type GateRequest, pathOf } from '../request.js'
import { wireCodeOf } from '../response.js'
import type { DecisionEvent, Stage } from './decision-event.js'
import type { WarnOfOutage } from './outage-warner.js'
import { describeCause } from './redact.js'

/** What happened on the way to a decision. */
export interface Trace {
  principal: Principal | undefined
  wallet: string | undefined
  balance: Balance | undefined
  /** Ends a stage: what has passed since the last end is its time. */
  lap(stage: Stage): void
}

/** Sees decisions being made. */
export interface Reporter {
  begin(): Trace
  end(request: GateRequest, decision: Decision, trace: Trace): void
}

/** Tells the host's hook of every decision. A hook that throws or rejects changes nothing. */
export function createReporter(onDecision: (event: DecisionEvent) => unknown, clock: Clock): Reporter {
  return {
    begin: () => beginTrace(clock),
    end: unnoticed((request, decision, trace) => {
      if (!(trace instanceof TimedTrace)) return
      const told = onDecision(eventOf(request, decision, trace, clock))
      // An unhandled rejection would end the process.
      if (isPending(told)) Promise.resolve(told).catch(() => undefined)
    }),
  }
}

function unnoticed(end: Reporter['end']): Reporter['end'] {
  return (request, decision, trace) => {
    try {
      end(request, decision, trace)
    } catch {
      // The decision stands: what watches it must not be able to change it.
    }
  }
}

// A clock that throws makes the gate refuse; it must not make it throw.
function beginTrace(clock: Clock): Trace {
  try {
    return new TimedTrace(clock)
  } catch {
    return UNTIMED
  }
}

/** For hosts without a hook: an outage is told by a process warning. */
export function createWarner(warn: WarnOfOutage): Reporter {
  return {
    begin: () => UNTIMED,
    end(_request, decision) {
      if (decision.type !== 'refuse') return
      if (decision.code === 'dependency_unavailable') warn(decision.dependency, decision.cause)
      else if (decision.code === 'policy_unavailable') warn('policy', decision.cause)
    },
  }
}

class TimedTrace implements Trace {
  principal: Principal | undefined
  wallet: string | undefined
  balance: Balance | undefined
  readonly stagesMs: Partial<Record<Stage, number>> = {}
  readonly startedMs: number
  readonly #clock: Clock
  #lapMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.startedMs = clock.monotonicMs()
    this.#lapMs = this.startedMs
  }

  lap(stage: Stage): void {
    const nowMs = this.#clock.monotonicMs()
    this.stagesMs[stage] = nowMs - this.#lapMs
    this.#lapMs = nowMs
  }
}

// Shared by every request of a gate without a hook, so it keeps nothing.
const UNTIMED: Trace = Object.freeze({
  get principal() {
    return undefined
  },
  set principal(_principal) {},
  get wallet() {
    return undefined
  },
  set wallet(_wallet) {},
  get balance() {
    return undefined
  },
  set balance(_balance) {},
  lap() {},
})

function eventOf(request: GateRequest, decision: Decision, trace: TimedTrace, clock: Clock): DecisionEvent {
  const { principal, wallet, balance } = trace
  const outage = decision.type === 'refuse' ? outageOf(decision) : undefined
  return {
    decisionId: decision.decisionId,
    outcome: decision.type,
    code: decision.type === 'allow' ? 'allowed' : wireCodeOf(decision),
    atMs: clock.wallMs(),
    method: request.method,
    path: pathOf(request.target),
    ...(principal && { principal: summaryOf(principal) }),
    ...(wallet !== undefined && { wallet }),
    durationMs: clock.monotonicMs() - trace.startedMs,
    stagesMs: trace.stagesMs,
    ...(balance && { balance: balance.freshness ?? 'read' }),
    ...hintOf(decision),
    ...(outage && { outage }),
  }
}

function hintOf(decision: Decision): { readonly hint?: string } {
  const hint =
    decision.type === 'refuse' && decision.code === 'credential_invalid' ? decision.hint : undefined
  return hint === undefined ? {} : { hint }
}

function summaryOf({
  kind,
  accountId,
  credentialId,
  role,
}: Principal): NonNullable<DecisionEvent['principal']> {
  return { kind, accountId, credentialId, role }
}

function outageOf(refusal: Refusal): DecisionEvent['outage'] {
  if (refusal.code === 'dependency_unavailable') {
    return { dependency: refusal.dependency, cause: describeCause(refusal.cause) }
  }
  return refusal.code === 'policy_unavailable'
    ? { dependency: 'policy', cause: describeCause(refusal.cause) }
    : undefined
}
