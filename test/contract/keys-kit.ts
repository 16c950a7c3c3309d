import { createHash } from 'node:crypto'
import { apiKey, createGate, type GateOptions, type RouteGroups, type Store, walletSession } from 'sallyport'
import { type MemoryStore, memoryStore } from 'sallyport/stores/memory'
import { adapters } from '../registry.js'
import { manualClock } from '../support/clock.js'
import { type RawResponse, send } from '../support/http.js'
import { bearer, walletHeader } from '../support/requests.js'
import { createWallet, type TestWallet } from '../support/wallet.js'
import type { AdapterHarness, AppDescription, RunningApp } from './adapter-contract.js'

export const ORIGIN = 'https://shop.example'
export const SESSION_SECRET = 'the-secret-that-sessions-are-signed-with'
export const JSON_TYPE = ['Content-Type', 'application/json'] as const
export const harnesses: readonly AdapterHarness[] = Object.values(adapters).flat()

export type Headers = readonly (readonly [name: string, value: string])[]

/** A wallet that has signed in. */
export interface Caller {
  readonly wallet: TestWallet
  readonly accountId: string
  readonly token: string
  readonly headers: Headers
}

/** A key as its owner was shown it, once. */
export interface ShownKey {
  readonly id: string
  readonly key: string
}

export interface ServiceOptions extends Partial<Omit<GateOptions, 'store' | 'clock'>> {
  readonly keys?: RouteGroups['keys']
  /** What the gates are given in the place of the store. */
  readonly wrapStore?: (store: MemoryStore) => Store
}

/** A store, and gates over it that sign wallets in and let them keep keys. */
export function createService({
  keys = true,
  wrapStore = (store) => store,
  ...options
}: ServiceOptions = {}) {
  const clock = manualClock()
  const store = memoryStore({ clock })
  const makeGate = (more: Partial<GateOptions> = {}) =>
    createGate({
      store: wrapStore(store),
      methods: [
        apiKey({ prefix: 'acto' }),
        walletSession({ origin: ORIGIN, secrets: [SESSION_SECRET], sessionTtlSeconds: 86_400 }),
      ],
      clock,
      onDecision: () => undefined,
      ...options,
      ...more,
    })
  const gate = makeGate()
  return { clock, store, gate, makeGate, groups: { signIn: true, keys } as const }
}

export type Service = ReturnType<typeof createService>

/** The endpoints of a service, and one route of a host's own behind its guard. */
export function describeService({ gate, groups }: Pick<Service, 'gate' | 'groups'>): AppDescription {
  return {
    endpoints: { gate, groups },
    guards: [{ require: gate }],
    routes: [
      { path: '/v1/me', handle: (access) => ({ ...access().principal, acts: access().wallet?.address }) },
    ],
    fallback: () => ({ fellThrough: true }),
  }
}

/** Sends what is given as JSON; a text or bytes as they are, and nothing where there is nothing. */
export function ask(
  { origin }: Pick<RunningApp, 'origin'>,
  method: string,
  target: string,
  headers: Headers = [],
  body?: unknown,
): Promise<RawResponse> {
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  if (isRaw) return send(origin, { method, target, headers, ...(body !== undefined && { body }) })
  return send(origin, { method, target, headers: [JSON_TYPE, ...headers], body: JSON.stringify(body) })
}

/** Signs a wallet in as a client does. */
export async function signIn(
  app: Pick<RunningApp, 'origin'>,
  wallet: TestWallet = createWallet(),
): Promise<Caller> {
  const { address: wallet_address } = wallet
  const connected = await ask(app, 'POST', '/v1/auth/wallet/connect', [], { wallet_address })
  const challenge = String(connected.json().challenge)
  const signature = Buffer.from(wallet.sign(Buffer.from(challenge))).toString('base64')
  const proof = { wallet_address, challenge, signature }
  const verified = await ask(app, 'POST', '/v1/auth/wallet/verify', [], proof)
  if (verified.status !== 200) throw new Error(`sign-in answered ${verified.status}: ${verified.body}`)
  const token = String(verified.json().access_token)
  return { wallet, accountId: `wallet:${wallet_address}`, token, headers: [bearer(token)] }
}

/** A running service, and what is asked of it again and again. */
export interface KeySite extends Service {
  readonly app: RunningApp
  ask(method: string, target: string, headers?: Headers, body?: unknown): Promise<RawResponse>
  signIn(wallet?: TestWallet): Promise<Caller>
  create(caller: Caller, members?: object): Promise<ShownKey>
  rotate(caller: Caller, id: string, body?: object): Promise<ShownKey>
  /** `allowed`, or the code of the refusal, where a key is used for a wallet. */
  use(key: string, wallet: TestWallet): Promise<unknown>
  list(caller: Caller, query?: string): Promise<Record<string, unknown>[]>
}

export async function openSite(harness: AdapterHarness, options?: ServiceOptions): Promise<KeySite> {
  const service = createService(options)
  const app = await harness.start(describeService(service))
  const shown = (answer: RawResponse, status: number): ShownKey => {
    if (answer.status !== status) throw new Error(`a key was answered ${answer.status}: ${answer.body}`)
    const { key_id, key } = answer.json()
    return { id: String(key_id), key: String(key) }
  }
  return {
    ...service,
    app,
    ask: (...asked) => ask(app, ...asked),
    signIn: (wallet) => signIn(app, wallet),
    create: async ({ headers }, members = {}) =>
      shown(await ask(app, 'POST', '/v1/keys', headers, { name: 'prod', ...members }), 201),
    rotate: async ({ headers }, id, body) =>
      shown(await ask(app, 'POST', `/v1/keys/${id}/rotate`, headers, body), 200),
    async use(key, { address }) {
      const answer = await ask(app, 'GET', '/v1/me', [bearer(key), walletHeader(address)])
      return answer.status === 200 ? 'allowed' : answer.json().code
    },
    async list({ headers }, query = '') {
      const answer = await ask(app, 'GET', `/v1/keys${query}`, headers)
      if (answer.status !== 200) throw new Error(`the list answered ${answer.status}: ${answer.body}`)
      return answer.json().keys as Record<string, unknown>[]
    },
  }
}

/** The digest that a store keeps of a key. */
export const digestOf = (key: string) => createHash('sha256').update(key).digest('hex')

/** An answer, whole but for what no two answers share. */
export function wholeAnswer({ status, headers, body }: RawResponse) {
  return {
    status,
    headers: [...headers].filter(([name]) => name !== 'date').sort(),
    body: body.replace(/"decision_id":"[^"]+"/, '"decision_id":"..."'),
  }
}
