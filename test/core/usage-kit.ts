import {
  apiKey,
  createGate,
  type Gate,
  type GateOptions,
  type Store,
  sharedSecretJwt,
  toGateRequest,
  walletSession,
} from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { vi } from 'vitest'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { bearer } from '../support/requests.js'

export type UsageBatch = Parameters<Store['addUsage']>[0]

export const ORIGIN = 'https://shop.example'
export const SESSION_SECRET = 'the-secret-that-sessions-are-signed-with'
/** Longer than any test: what is written then is written because something else asked for it. */
export const NEVER_MS = 86_400_000

/** Waits until it is so, by itself. */
export const eventually = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 5_000, interval: 2 })

/** A request that several guards can look at, one after the other. */
export function requestOf(
  token: string | undefined,
  { method = 'GET', route }: { method?: string; route?: string } = {},
) {
  const rawHeaders = token === undefined ? [] : [...bearer(token)]
  const message = { method, rawHeaders, headers: {} }
  let known = route
  return {
    /** What one guard is asked. */
    ask: () => toGateRequest(message, '/x', {}, () => known),
    /** The framework has found the route. */
    found: (template: string) => {
      known = template
    },
  }
}

/** A gate that counts, and a store that shows what it is given to add. */
export function usageKit({ usage = { flushIntervalMs: NEVER_MS }, ...options }: Partial<GateOptions> = {}) {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  const batches: UsageBatch[] = []
  const kit: {
    fault: ((batch: UsageBatch, add: () => void | Promise<void>) => void | Promise<void>) | undefined
  } = {
    fault: undefined,
  }
  const store: Store = {
    ...inner,
    addUsage(batch, call) {
      batches.push(structuredClone(batch))
      const add = () => inner.addUsage(batch, call)
      return kit.fault === undefined ? add() : kit.fault(batch, add)
    },
  }
  const gate = createGate({
    store,
    methods: [apiKey(), sharedSecretJwt(), walletSession({ origin: ORIGIN, secrets: [SESSION_SECRET] })],
    clock,
    usage,
    onDecision: () => undefined,
    ...options,
  })
  const read = async (id: string) =>
    inner.readUsage({ credentialIds: [id], hoursSinceMs: 0 }, { signal: AbortSignal.timeout(1_000) })

  return Object.assign(kit, {
    clock,
    inner,
    store,
    batches,
    gate,
    issue: () => inner.issueApiKey({ accountId: 'robots' }),
    /** One request to one guard: `allowed`, or the code of the refusal. */
    use: (key: string, route = '/x', guard: Gate = gate) => codeOf(guard, requestOf(key, { route }).ask()),
    /** What is in the store of one credential over all time: `outcome GET /route` and how often. */
    sums: async (id: string) => recordOf((await read(id)).filter(({ hourMs }) => hourMs === null)),
    /** The same by the hour. */
    hours: async (id: string) => {
      const sums = await read(id)
      const hours = [...new Set(sums.map(({ hourMs }) => hourMs))].filter((hourMs) => hourMs !== null)
      return Object.fromEntries(
        hours
          .sort((a, b) => a - b)
          .map((hour) => [
            new Date(hour).toISOString(),
            recordOf(sums.filter(({ hourMs }) => hourMs === hour)),
          ]),
      )
    },
  })
}

/** Counts of nothing are no counts: what was moved elsewhere leaves a zero. */
function recordOf(
  sums: readonly { outcome: string; route: string; count: number }[],
): Record<string, number> {
  return Object.fromEntries(
    sums
      .filter(({ count }) => count !== 0)
      .map(({ outcome, route, count }) => [`${outcome} ${route}`, count]),
  )
}
