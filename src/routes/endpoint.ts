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
  /** Below the mount. A segment that begins with a colon stands for any text, decoded. */
  readonly path: string
  handle(request: GateRequest, body: IncomingBody, params: PathParams): Promise<GateResponse>
}

/** What stood in the place of a path's named segments. */
export type PathParams = Readonly<Record<string, string>>

/** Which endpoints to mount. */
export interface RouteGroups {
  /**
   * `POST /v1/auth/wallet/connect`, `/verify` and `/logout`, and `GET /v1/auth/me`: a wallet signs in and out. Needs
   * `walletSession` and a store.
   */
  readonly signIn?: true
  /** `/v1/keys`: signed-in wallets make, watch, rotate and revoke API keys of their own. Needs `apiKey` too. */
  readonly keys?: true | KeyRoutesOptions
  /** `POST /v1/access/check`: what a caller's wallet holds. */
  readonly check?: CheckOptions
  /**
   * Spending: enterprises say at `/v1/agents` and beside it what may be spent, processors ask at `POST /v1/authorize`.
   * Needs a store that keeps spending, and credentials that have one of two roles.
   */
  readonly spend?: true | SpendRoutesOptions
}

/** Who may use the endpoints of spending. */
export interface SpendRoutesOptions {
  /** The role of the credentials that may say what is spent, and read the decisions. Default `enterprise`. */
  readonly enterpriseRole?: string
  /** The role of the credentials that may authorize, capture and void. Default `processor`. */
  readonly processorRole?: string
}

/** What signed-in wallets may give their keys. */
export interface KeyRoutesOptions {
  /** Scopes that a key may have. Default none: a caller must not grant itself what the host checks for. */
  readonly scopes?: readonly string[]
  /** Environments that a key may be for. Default the gate's own, where it names one. */
  readonly environments?: readonly string[]
  /** How many keys of one account may live at a time. Default 50. */
  readonly maxPerAccount?: number
}

/** What `POST /v1/access/check` goes by. */
export interface CheckOptions {
  /** A gate with a balance requirement: its mint and minimum are what is checked where the body names none. */
  readonly balance: Gate
}
