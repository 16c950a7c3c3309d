import type { Principal } from '../access.js'
import { isPending } from '../deadline.js'
import type { Decision, Refusal } from '../decision.js'
import type { Balance } from '../ports/balance-source.js'
import type { Clock } from '../ports/clock.js'
import { type GateRequest, pathOf } from '../request.js'
import { wireCodeOf } from '../response.js'
import type { DecisionEvent, SpendEvent, Stage } from './decision-event.js'
import type { WarnOfOutage } from './outage-warner.js'
import { describeCause } from './redact.js'

/** How long the way to a decision took. */
export interface Trace {
  /** Ends a stage: what has passed since the last end is its time. */
  lap(stage: Stage): void
}

/** What is known of a request when it is decided. */
export interface Witnessed {
  readonly request: GateRequest
  readonly principal: Principal | undefined
  /** The address of the wallet that it acts for. */
  readonly wallet: string | undefined
  /** What its wallet was found to hold. */
  readonly balance: Balance | undefined
  readonly trace: Trace | undefined
  /** Where it is a spend that was decided. */
  readonly spend?: SpendEvent
  /** Why something could not be known, where the decision stands all the same. */
  readonly degradedBy?: unknown
}

/** Sees decisions being made. */
export interface Reporter {
  /** Begins to take times; `undefined` where nobody asks for them. */
  begin(): Trace | undefined
  end(decision: Decision, witnessed: Witnessed): void
}

/** Tells the host's hook of every decision. A hook that throws or rejects changes nothing. */
export function createReporter(onDecision: (event: DecisionEvent) => unknown, clock: Clock): Reporter {
  return {
    begin: () => beginTrace(clock),
    end: unnoticed((decision, witnessed) => {
      const { trace } = witnessed
      if (!(trace instanceof TimedTrace)) return
      const told = onDecision(eventOf(decision, witnessed, trace, clock))
      // An unhandled rejection would end the process.
      if (isPending(told)) Promise.resolve(told).catch(() => undefined)
    }),
  }
}

function unnoticed(end: Reporter['end']): Reporter['end'] {
  return (decision, witnessed) => {
    try {
      end(decision, witnessed)
    } catch {
      // The decision stands: what watches it must not be able to change it.
    }
  }
}

// A clock that throws makes the gate refuse; it must not make it throw.
function beginTrace(clock: Clock): Trace | undefined {
  try {
    return new TimedTrace(clock)
  } catch {
    return undefined
  }
}

/** For hosts without a hook: an outage is told by a process warning. */
export function createWarner(warn: WarnOfOutage): Reporter {
  return {
    begin: () => undefined,
    end(decision, { degradedBy }) {
      if (degradedBy !== undefined) warn('store', degradedBy)
      if (decision.type !== 'refuse') return
      if (decision.code === 'dependency_unavailable') warn(decision.dependency, decision.cause)
      else if (decision.code === 'policy_unavailable') warn('policy', decision.cause)
    },
  }
}

class TimedTrace implements Trace {
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

function eventOf(
  decision: Decision,
  { request, principal, wallet, balance, spend, degradedBy }: Witnessed,
  trace: TimedTrace,
  clock: Clock,
): DecisionEvent {
  const outage = decision.type === 'refuse' ? outageOf(decision) : degradationOf(degradedBy)
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
    ...(spend && { spend }),
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

function degradationOf(cause: unknown): DecisionEvent['outage'] {
  return cause === undefined ? undefined : { dependency: 'store', cause: describeCause(cause) }
}

function outageOf(refusal: Refusal): DecisionEvent['outage'] {
  if (refusal.code === 'dependency_unavailable') {
    return { dependency: refusal.dependency, cause: describeCause(refusal.cause) }
  }
  return refusal.code === 'policy_unavailable'
    ? { dependency: 'policy', cause: describeCause(refusal.cause) }
    : undefined
}
