import type { Readable } from 'node:stream'
import type { Gate } from '../gate.js'
import type { GateRequest } from '../request.js'
import type { GateResponse } from '../response.js'

/** The body of a request, wherever the host has left it. */
export interface IncomingBody {
  /** What the host's parser made of it; `undefined` where none has run. */
  readonly parsed: unknown
  /** Node's message, to read from where nobody has. */
  readonly stream: Readable
}

/** One HTTP endpoint, for any framework to mount. It guards itself. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Exact, below the mount. */
  readonly path: string
  handle(request: GateRequest, body: IncomingBody): Promise<GateResponse>
}

/** Which endpoints to mount. */
export interface RouteGroups {
  /** `POST /v1/auth/wallet/connect` and `/verify`: a wallet signs in. Needs `walletSession` and a store. */
  readonly signIn?: true
  /** `POST /v1/access/check`: what a caller's wallet holds. */
  readonly check?: CheckOptions
}

export interface CheckOptions {
  /** A gate with a balance requirement: its mint and minimum are what is checked where the body names none. */
  readonly balance: Gate
}
