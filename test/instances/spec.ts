/** What an instance is told when it starts, and what it can be asked for over IPC. */
import type {
  ApiKeyGrant,
  CredentialGrant,
  DecisionEvent,
  IssuedApiKey,
  IssuedSharedSecret,
  RevocationTarget,
  RotationOptions,
} from 'sallyport'

/** Which store, as the environment of a deployment would name it. */
export type StoreSpec =
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'ioredis' | 'node-redis'; readonly url: string; readonly prefix: string }
  | { readonly kind: 'composed'; readonly durable: StoreSpec; readonly shared: StoreSpec }

export interface InstanceSpec {
  readonly store: StoreSpec
  readonly sealingKeys: readonly string[]
  readonly sessionSecrets: readonly string[]
  /** Default the gate's own. */
  readonly flushIntervalMs?: number
  /** Default false: under load they are many. */
  readonly keepsEvents?: boolean
  /** Default the gate's own: many who want one and the same thing at once wait for one another. */
  readonly portTimeoutMs?: number
  /** How long what is authorized, and what a route holds, is held. Default the gate's own. */
  readonly spend?: { readonly authorizationTtlSeconds?: number; readonly reservationTtlSeconds?: number }
}

/** What an instance does over IPC, beside what it does over HTTP. */
export interface InstanceVerbs {
  ready(): Promise<void>
  revoke(target: RevocationTarget): Promise<boolean>
  issueApiKey(grant: ApiKeyGrant): Promise<IssuedApiKey>
  issueSharedSecret(grant: CredentialGrant): Promise<IssuedSharedSecret>
  rotateSharedSecret(id: string, options: RotationOptions): Promise<IssuedSharedSecret | undefined>
  events(): Promise<readonly DecisionEvent[]>
  /** How often the handler of {@link ORDERS} has run. */
  ordersRun(): Promise<number>
  health(): Promise<Health>
  /** Closes the gate, then the store. */
  close(): Promise<void>
}

export interface Health {
  readonly heapBytes: number
  readonly sockets: number
  /** Callers that wait for a connection of a `pg` pool; 0 where there is none. */
  readonly waiting: number
}

/** One call, from the test to the instance. */
export interface Call {
  readonly id: number
  readonly verb: keyof InstanceVerbs
  readonly parameters: readonly unknown[]
}

/** From the instance to the test. */
export type Report =
  | { readonly is: 'listening'; readonly origin: string }
  | { readonly is: 'done'; readonly id: number; readonly value: unknown }
  | {
      readonly is: 'failed'
      readonly id: number
      readonly message: string
      readonly code: string | undefined
    }

export const ORIGIN = 'https://api.example'
/** The guarded route. */
export const WHOAMI = '/v1/whoami'
/** A route that spends: `amount` of EUR, and as the body says it answers, or never does. */
export const ORDERS = '/v1/orders'
export const SPEC_VARIABLE = 'SALLYPORT_TEST_INSTANCE'

/** The defaults of `createGate`, which the tests are about. */
export const REVOCATION_BOUND_MS = 2_000
export const PORT_TIMEOUT_MS = 2_000
export const FLUSH_INTERVAL_MS = 1_000
