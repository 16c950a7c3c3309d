import type { Access } from './access.js'
import type { Gate } from './gate.js'
import { GateError } from './gate-error.js'
import type { Identity } from './methods/method.js'
import type { BalanceRead } from './stages/balance.js'
import type { Counted, UsageCounter } from './usage/usage-counter.js'

/** What one wiring has found out about a request, for the guards that come after the first. */
export interface Findings {
  readonly wiring: object
  /** What it was found out from: a request that was given another credential since is looked at anew. */
  readonly credential: string
  readonly identity: Identity
  /** The balances that were read for it, the latest first. */
  balances: BalanceRead | undefined
  /** Monotonic. A request can be long under way: a body that trickles in must not stretch any bound. */
  readonly foundAtMs: number
  /** How many changes of credentials had been seen by then. */
  readonly version: number
}

interface Claim {
  readonly wiring: object
  readonly key: string
  readonly earlier: Claim | undefined
}

interface Grant {
  readonly gate: Gate
  readonly access: Access
  readonly earlier: Grant | undefined
}

/** All that this package knows of a request. */
class RequestState {
  /** Of the wiring that looked last: a host has one, but for the rarest. */
  findings: Findings | undefined = undefined
  /** The latest, and through it those before. */
  grant: Grant | undefined = undefined
  claim: Claim | undefined = undefined
  /** Where the request was counted, of the wiring that looked last. */
  usage: UsageCounter | undefined = undefined
  /** What the guards of spending hold for this request, the latest. */
  spend: object | undefined = undefined
  counted: Counted | undefined = undefined
}

/** Makes a class put its fields on the object that it is made for. */
class Bearer {
  constructor(bearer: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the one way to give a foreign object a private field.
    return bearer
  }
}

/**
 * The mark on a message: a private field, which nobody else can read, write or take away. A WeakMap would do the same
 * and cost far more for each request.
 */
class Mark extends Bearer {
  readonly #state = new RequestState()

  static read(message: object): RequestState | undefined {
    return #state in message ? message.#state : undefined
  }

  static readOrMake(message: object): RequestState {
    if (!(#state in message)) new Mark(message)
    return (message as Mark).#state
  }
}

const parents = new WeakMap<Gate, Gate>()

/**
 * What `wiring` found out about a request from the same credential. A request can be long under way: how old that may
 * be is for the caller to judge.
 */
export function recallFindings(message: object, wiring: object, credential: string): Findings | undefined {
  const found = Mark.read(message)?.findings
  return found?.wiring === wiring && found.credential === credential ? found : undefined
}

/** Keeps what a wiring found out, as long as the request lives. */
export function keepFindings(message: object, findings: Findings): void {
  Mark.readOrMake(message).findings = findings
}

/** Counts a request. The guards of one request count it once: where, and as what, the last of them says. */
export function countRequest(
  message: object,
  usage: UsageCounter,
  credentialId: string,
  method: string,
  route: string | undefined,
  outcome: string,
  nowMs: number,
): void {
  const state = Mark.readOrMake(message)
  const before = state.usage === usage ? state.counted : undefined
  state.counted = usage.count(credentialId, method, route, outcome, nowMs, before)
  state.usage = usage
}

/** Whether a request was counted while nobody knew its route. */
export function isRouteless(message: object): boolean {
  const counted = Mark.read(message)?.counted
  return counted !== undefined && counted.route === undefined
}

/** Says which route a request was for, once the framework knows. */
export function settleRoute(message: object, route: string | undefined): void {
  const state = Mark.read(message)
  const { usage, counted } = state ?? {}
  if (state === undefined || usage === undefined || counted === undefined) return
  if (counted.route !== undefined || route === undefined) return
  const { credentialId, method, outcome, lastUsedAtMs: nowMs } = counted
  state.counted = usage.count(credentialId, method, route, outcome, nowMs, counted)
}

/** Notes that a request has used `key` up. */
export function noteClaim(message: object, wiring: object, key: string): void {
  const state = Mark.readOrMake(message)
  state.claim = { wiring, key, earlier: state.claim }
}

/** Whether this very request has used `key` up. */
export function hasClaimed(message: object, wiring: object, key: string): boolean {
  for (let claim = Mark.read(message)?.claim; claim !== undefined; claim = claim.earlier) {
    if (claim.wiring === wiring && claim.key === key) return true
  }
  return false
}

/** Remembers what a guard holds for this request. */
export function noteSpend(message: object, spend: object): void {
  Mark.readOrMake(message).spend = spend
}

/** What the latest guard of spending holds for this request; `undefined` where there is none. */
export function recallSpend(message: object): object | undefined {
  return Mark.read(message)?.spend
}

/** Records that `child` is at least as strict as `parent`. */
export function recordDescent(child: Gate, parent: Gate): void {
  parents.set(child, parent)
}

/** Remembers that `gate` let a request in. Adapters call it before they run the handler. */
export function grantAccess(message: object, gate: Gate, access: Access): void {
  const state = Mark.readOrMake(message)
  state.grant = { gate, access, earlier: state.grant }
}

/**
 * The access of a request: the latest there is, or the latest that `gate` or a gate made from it granted. An anonymous
 * access proves nothing about a gate, so it is found only where none is named.
 *
 * @throws GateError `ERR_GATE_NO_ACCESS` where there is none.
 */
export function lookUpAccess<A extends Access>(message: object, gate?: Gate<A>): A {
  for (let grant = Mark.read(message)?.grant; grant !== undefined; grant = grant.earlier) {
    if (gate === undefined || proves(grant, gate)) return grant.access as A
  }
  throw new GateError('ERR_GATE_NO_ACCESS', [
    gate === undefined
      ? 'getAccess: no gate has allowed this request; put requireAccess(gate) before this handler'
      : 'getAccess: the given gate has not allowed this request; put requireAccess(thatGate) before this handler',
  ])
}

function proves({ gate, access }: Grant, asked: Gate): boolean {
  return access.principal.kind !== 'anonymous' && descends(gate, asked)
}

function descends(gate: Gate, ancestor: Gate): boolean {
  for (let at: Gate | undefined = gate; at !== undefined; at = parents.get(at)) {
    if (at === ancestor) return true
  }
  return false
}
