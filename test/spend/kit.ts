import { createGate, type Gate, type GateOptions, type RouteGroups, sharedSecretJwt } from 'sallyport'
import { manageSpending, type SpendManager } from 'sallyport/spending'
import { type MemoryStore, memoryStore } from 'sallyport/stores/memory'
import { faultyStore, type StoreFaults } from 'sallyport/testing'
import type { AdapterHarness, AppDescription, RunningApp } from '../contract/adapter-contract.js'
import { adapters } from '../registry.js'
import { type ManualClock, manualClock } from '../support/clock.js'
import { type RawResponse, send } from '../support/http.js'
import { bearer } from '../support/requests.js'
import { mint } from '../support/tokens.js'
import { type Grant, type Granting, type GrantOptions, granting } from './kit-grants.js'

export type { Grant, GrantOptions } from './kit-grants.js'

export type Headers = readonly (readonly [name: string, value: string])[]

/** An account with a shared-secret pair of one role. */
export interface Party {
  readonly accountId: string
  readonly credentialId: string
  /** Of a token that is made now, by the site's clock. */
  headers(): Headers
}

export interface SpendSiteOptions {
  readonly spend?: RouteGroups['spend']
  readonly gate?: Partial<Omit<GateOptions, 'store' | 'clock'>>
  /** Puts something around the store. */
  readonly wrap?: (store: MemoryStore) => MemoryStore
  /** Default Express 5. */
  readonly harness?: AdapterHarness
  /** What the app has besides the endpoints. */
  readonly app?: (site: { readonly gate: Gate }) => Omit<AppDescription, 'endpoints'>
}

/** A running backend with the endpoints of spending, an enterprise and a processor that it trusts. */
export interface SpendSite extends Granting {
  readonly app: RunningApp
  readonly gate: Gate
  readonly clock: ManualClock
  readonly store: MemoryStore
  /** Of the host, over the same store. */
  readonly spending: SpendManager
  readonly faults: StoreFaults
  readonly enterprise: Party
  readonly processor: Party
  /** Another account, or another credential of one. */
  party(role: string | null, accountId: string): Promise<Party>
  ask(party: Party, method: string, target: string, body?: unknown, headers?: Headers): Promise<RawResponse>
  /** `POST /v1/authorize` of a published shape, changed. Default by the processor and without a key. */
  authorize(members: object, options?: { readonly by?: Party; readonly key?: string }): Promise<RawResponse>
  /** An agent that may spend: see {@link GrantOptions}. Default owned by the enterprise, for the processor. */
  grant(options?: Partial<GrantOptions>): Promise<Grant>
}

/** One of the two published shapes, without the instrument. */
export const FIGMA = { merchant: 'Figma Inc.', mcc: 7372, amount: 1200, currency: 'USD' } as const

const [express5] = adapters.express ?? []

/** Opens a site on a socket of its own. */
export async function openSpendSite({
  spend = true,
  gate: gateOptions = {},
  harness = express5,
  app: appOf = () => ({}),
  wrap = (store) => store,
}: SpendSiteOptions = {}): Promise<SpendSite> {
  const clock = manualClock()
  const { store, faults } = faultyStore(wrap(memoryStore({ clock })))
  const gate = createGate({
    store,
    methods: [sharedSecretJwt()],
    clock,
    onDecision: () => undefined,
    ...gateOptions,
  })
  if (harness === undefined) throw new Error('the registry has no harness of Express')
  const app = await harness.start({ endpoints: { gate, groups: { spend } }, ...appOf({ gate }) })

  async function party(role: string | null, accountId: string): Promise<Party> {
    const grant = { accountId, ...(role !== null && { role }) }
    const { keyId, sharedSecret, credentialId } = await store.issueSharedSecret(grant)
    return {
      accountId,
      credentialId,
      headers() {
        const iat = Math.floor(clock.wallMs() / 1000)
        return [bearer(mint({ key_id: keyId, iat, exp: iat + 3600 }, sharedSecret))]
      },
    }
  }

  const enterprise = await party('enterprise', 'acme')
  const processor = await party('processor', 'issuer-one')
  const spending = manageSpending(store, clock)
  const grants = granting(spending)
  const ask: SpendSite['ask'] = (asking, method, target, body, headers = []) => {
    const all = [...asking.headers(), ...headers]
    if (body === undefined) return send(app.origin, { method, target, headers: all })
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    return send(app.origin, {
      method,
      target,
      headers: [...all, ['Content-Type', 'application/json']],
      body: isRaw ? body : JSON.stringify(body),
    })
  }
  return {
    ...grants,
    app,
    gate,
    clock,
    store,
    spending,
    faults,
    enterprise,
    processor,
    party,
    ask,
    authorize: (members, { by = processor, key } = {}) =>
      ask(by, 'POST', '/v1/authorize', members, key === undefined ? [] : [['Idempotency-Key', key]]),
    grant: (options = {}) =>
      grants.grantTo({ accountId: enterprise.accountId, processors: [processor.accountId], ...options }),
  }
}
