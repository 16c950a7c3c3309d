import type { Access, Gate, MountOptions, RouteGroups } from 'sallyport'
import { describe } from 'vitest'
import { accessContract } from './adapter/access.js'
import { decisionContract } from './adapter/decisions.js'
import { extractionContract } from './adapter/extraction.js'
import { mountContract } from './adapter/mounts.js'
import { pathContract } from './adapter/paths.js'
import { preflightContract } from './adapter/preflights.js'

/** The adapter's `getAccess`, bound to the request that a handler serves. */
export interface AccessLookup {
  (): Access
  <A extends Access>(gate: Gate<A>): A
}

/** What a handler does. Its answer is sent as JSON; the harness has noted before that it runs. */
export type Handle = (access: AccessLookup) => unknown

/** `requireAccess(gate, options)` or `optionalAccess(gate)`. */
export type Guard = { readonly require: Gate; readonly options?: MountOptions } | { readonly optional: Gate }

export interface Route {
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** In front of this route alone. */
  readonly guards?: readonly Guard[]
  readonly handle?: Handle
}

/** A server, in terms of no framework. */
export interface AppDescription {
  /** Guards of the whole app, outside of every mount. */
  readonly outerGuards?: readonly Guard[]
  /** Prefixes, outermost first. What follows is mounted below them, in the ways the framework has. */
  readonly mounts?: readonly string[]
  /** Written onto the request, before all else, wherever other packages keep what they know of a caller. */
  readonly forged?: object
  /** Sallyport's own endpoints, before the guards. */
  readonly endpoints?: { readonly gate: Gate; readonly groups: RouteGroups }
  /**
   * What the host's parser, before the endpoints and the guards, makes of a JSON body: `form` leaves it unread and an
   * empty object in its place, as Express 4's parsers do. Fastify parses in a place of its own, after `onRequest`.
   */
  readonly parser?: 'json' | 'text' | 'bytes' | 'form'
  /** The host parses JSON behind the guards. */
  readonly parsesBehind?: boolean
  readonly guards?: readonly Guard[]
  readonly routes?: readonly Route[]
  /** Handles whatever no route does, behind the guards. */
  readonly fallback?: Handle
}

export interface RunningApp {
  readonly origin: string
  /** `GET /path` for every handler that was entered, before it asked for anything; `fallback` for the fallback. */
  readonly ran: readonly string[]
  /** What the framework's own error handling was told of. */
  readonly errors: readonly unknown[]
  close(): Promise<void>
}

/** One major of one framework. */
export interface AdapterHarness {
  readonly name: string
  /** Listens on 127.0.0.1. */
  start(app: AppDescription): Promise<RunningApp>
}

/** What holds of every adapter, on real sockets. */
export function adapterContract(harness: AdapterHarness): void {
  describe(harness.name, () => {
    decisionContract(harness)
    extractionContract(harness)
    pathContract(harness)
    preflightContract(harness)
    mountContract(harness)
    accessContract(harness)
  })
}
