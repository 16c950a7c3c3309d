import {
  createGate,
  type DecisionEvent,
  type GateOptions,
  type Reservation,
  type SpendStore,
} from 'sallyport'
import { manageSpending } from 'sallyport/spending'
import { type MemoryStore, memoryStore } from 'sallyport/stores/memory'
import { type ManualClock, manualClock } from './clock.js'
import { bearer } from './requests.js'

export type Headers = readonly (readonly [name: string, value: string])[]

/** A reservation, and the names of what has happened to it. */
export type Held = Reservation & { readonly events: readonly string[] }

/** What the agent of a world may spend. */
export interface WorldOptions {
  /** Default `enforce`. */
  readonly mode?: 'observe' | 'enforce'
  /** Of all time, in cents. Default 10,000. */
  readonly limit?: number
  /** Above so much somebody has to approve. Default never. */
  readonly approvalAbove?: number
  /** What the gate sees of the store. Default all of it. */
  readonly wrap?: (store: MemoryStore) => MemoryStore
  readonly gateOptions?: Partial<GateOptions>
  /** Default one of its own. */
  readonly clock?: ManualClock
  /** What everything is kept in, by the same clock. Default memory. */
  readonly store?: MemoryStore
}

/** A gate with one agent that may spend, and one caller that nobody has bound to anything. */
export async function createSpendWorld(options: WorldOptions = {}) {
  const { mode = 'enforce', limit = 10_000, approvalAbove, wrap = (same) => same, gateOptions } = options
  const { clock = manualClock(), store = memoryStore({ clock }) } = options
  const seen = wrap(store)
  const events: DecisionEvent[] = []
  const gate = createGate({
    store: seen,
    clock,
    policyTimeoutMs: 50,
    onDecision: (event) => events.push(event),
    ...gateOptions,
  })
  const issued = await store.issueApiKey({ accountId: 'acme' })
  const stranger = await store.issueApiKey({ accountId: 'nobody' })
  const spending = manageSpending(store, clock)
  const agent = await spending.agents.create('acme', { name: 'office buyer' })
  const policy = await spending.policies.create('acme', {
    name: 'office',
    currencies: ['EUR'],
    budgets: [{ name: 'ever', amount: limit, currency: 'EUR', window: 'lifetime' }],
    ...(approvalAbove !== undefined && {
      approval: { above: [{ amount: approvalAbove, currency: 'EUR' }], ttl_seconds: 600 },
    }),
  })
  const mandate = await spending.mandates.create('acme', {
    agentId: agent.id,
    policyId: policy.id,
    name: 'supplies',
    mode,
  })
  const bind = (instrument: { readonly type: 'api_key' | 'wallet'; readonly id: string }) =>
    spending.bindings.create('acme', { mandateId: mandate.id, instrument })
  await bind({ type: 'api_key', id: issued.credentialId })

  return {
    clock,
    store,
    gate,
    events,
    spending,
    mandate,
    bind,
    /** What the mandate is bound to. */
    credentialId: issued.credentialId,
    /** May spend. */
    buyer: [bearer(issued.key)] as Headers,
    /** May not. */
    stranger: [bearer(stranger.key)] as Headers,
    /** What has become of every reservation that a decision was made about, the latest first. */
    reservations: () => reservationsOf(store),
    /** The one reservation that there is, in a few words: `committed 700: reserve commit`. */
    async fate(): Promise<string> {
      const all = await reservationsOf(store)
      return all
        .map(
          ({ state, committed, events }) =>
            `${state}${committed === null ? '' : ` ${committed}`}: ${events.join(' ')}`,
        )
        .join('; ')
    },
  }
}

export type SpendWorld = Awaited<ReturnType<typeof createSpendWorld>>

const call = { signal: new AbortController().signal }

async function reservationsOf(store: SpendStore): Promise<readonly Held[]> {
  const { decisions } = await store.listDecisions({ accountId: 'acme', limit: 1_000 }, call)
  const ids = new Set(decisions.flatMap(({ reservationId }) => reservationId ?? []))
  const found = await Promise.all([...ids].map((id) => store.readReservation(id, call)))
  return found.flatMap((one) =>
    one === undefined ? [] : [{ ...one.reservation, events: one.trail.map(({ event }) => event) }],
  )
}
