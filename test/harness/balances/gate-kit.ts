import {
  type BalanceRequirement,
  createGate,
  type DecisionEvent,
  type Gate,
  type GateOptions,
  type GateRequest,
  type Refusal,
  toResponse,
} from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { ALICE, BOB, MINT } from '../../support/addresses.js'
import { bearer, requestWith, walletHeader } from '../../support/requests.js'

/** 50,000 ACTO, as the seed has it. */
export const ACTO: BalanceRequirement = { mint: MINT, minimum: '50000', symbol: 'ACTO' }

/** A gate with a balance source and one API key for some wallets. */
export interface GateKit {
  readonly gate: Gate
  readonly events: DecisionEvent[]
  /** A new request of the key's holder. */
  request(wallet?: string): GateRequest
}

export async function gateKit(
  options: Omit<GateOptions, 'store' | 'onDecision'>,
  wallets: readonly string[] = [ALICE, BOB],
): Promise<GateKit> {
  const store = memoryStore()
  const { key } = await store.issueApiKey({ accountId: 'robots-inc', wallets })
  const events: DecisionEvent[] = []
  const gate = createGate({ ...options, store, onDecision: (event) => events.push(event) })
  return {
    gate,
    events,
    request: (wallet = ALICE) => requestWith([bearer(key), walletHeader(wallet)]),
  }
}

/** What a caller sees: `allow`, or the status and body of the refusal. */
export interface Seen {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Asks a gate and renders what it answers; an allowed request is 200. */
export async function ask(gate: Gate, request: GateRequest): Promise<Seen> {
  const decision = await gate(request)
  if (decision.type === 'allow') return { status: 200, body: {} }
  return render(decision)
}

export function render(refusal: Refusal): Seen {
  const { status, body } = toResponse(refusal)
  return { status, body: JSON.parse(body) }
}
