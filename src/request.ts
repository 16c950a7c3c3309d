/** A header that is there more than once, which is refused wherever one value is meant. */
export const REPEATED: unique symbol = Symbol('repeated')

/** One header: its value, `undefined` where it is absent, or {@link REPEATED}. */
export type HeaderValue = string | undefined | typeof REPEATED

/**
 * The request as the gate sees it: a snapshot without a host, since the Host header is the caller's word.
 * {@link toGateRequest} makes one from what Node and the frameworks pass around.
 */
export interface GateRequest {
  readonly method: string
  /** The request target as it was received (RFC 9112 §3.2), before any mount or rewrite. */
  readonly target: string
  /** Names and values alternating, as Node received them. */
  readonly rawHeaders: readonly string[]
  /** Read only where a host supplies no `rawHeaders`. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The client's address as the framework has it, so that the host's proxy settings count. */
  readonly ip: string | undefined
  /** The framework's own request, for policies. */
  readonly native: object
  /** The template of the route that the framework has found so far, for counting; never the path itself. */
  readonly route?: string | undefined
  /** Node's message under it. Guards that see the same one share their work. */
  readonly message: object
}

/** What a Node framework's request must have to be guarded. */
export interface NodeMessage {
  readonly method?: string | undefined
  readonly rawHeaders?: readonly string[] | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

interface Native {
  readonly ip?: string | undefined
}

/** The template of a route, or what finds it from the framework's request: one function for all requests. */
type Route<N> = string | ((native: N) => string | undefined) | undefined

const NO_HEADERS: readonly string[] = Object.freeze([])

class NodeRequest<N extends Native> implements GateRequest {
  readonly method: string
  readonly target: string
  readonly rawHeaders: readonly string[]
  readonly headers: GateRequest['headers']
  readonly native: N
  readonly message: NodeMessage
  readonly #route: Route<N>

  constructor(message: NodeMessage, target: string, native: N, route: Route<N>) {
    this.method = message.method ?? ''
    this.target = target
    this.rawHeaders = message.rawHeaders ?? NO_HEADERS
    this.headers = message.headers ?? {}
    this.native = native
    this.message = message
    this.#route = route
  }

  get route(): string | undefined {
    return typeof this.#route === 'function' ? this.#route(this.native) : this.#route
  }

  // Frameworks compute the address on access; most decisions never need it.
  get ip(): string | undefined {
    return this.native.ip
  }
}

/**
 * Takes the snapshot that a gate decides on.
 *
 * @param message - Node's `IncomingMessage` (or what a serverless host has in its place).
 * @param target - The whole request target, with every mount prefix: Express's and Koa's `originalUrl`.
 * @param native - The framework's request; its `ip` is read when a policy or a limit asks for it.
 * @param route - The template of the route; a function is asked for it, with `native`, when the request is counted.
 */
export function toGateRequest<N extends Native>(
  message: NodeMessage,
  target: string,
  native: N,
  route?: Route<N>,
): GateRequest {
  return new NodeRequest(message, target, native, route)
}

/**
 * One header of a request. Node keeps only the first of two `Authorization` headers in `headers`, so they are counted
 * in `rawHeaders`; `headers` is read only where a host (serverless adapters) fills nothing else.
 *
 * @param name - In lower case.
 */
export function readHeader(request: GateRequest, name: string): HeaderValue {
  const raw = request.rawHeaders
  if (raw.length === 0) return readFolded(request.headers, name)
  let found: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const candidate = raw[at]
    if (candidate === undefined || candidate.length !== name.length) continue
    if (!isNamed(candidate, name)) continue
    if (found !== undefined) return REPEATED
    found = raw[at + 1] ?? ''
  }
  return found
}

/** The two headers that a decision rests on, read in one go. */
export interface CredentialHeaders {
  authorization: HeaderValue
  walletHeader: HeaderValue
}

/**
 * Reads `Authorization` and the wallet header as {@link readHeader} does.
 *
 * @param walletName - In lower case.
 * @param into - Where they go; both are `undefined` there.
 */
export function readCredentialHeaders(
  request: GateRequest,
  walletName: string,
  into: CredentialHeaders,
): void {
  const raw = request.rawHeaders
  if (raw.length === 0) {
    into.authorization = readFolded(request.headers, AUTHORIZATION)
    into.walletHeader = readFolded(request.headers, walletName)
    return
  }
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]
    if (name === undefined) continue
    const { length } = name
    if (length === AUTHORIZATION.length && isNamed(name, AUTHORIZATION)) {
      into.authorization = into.authorization === undefined ? (raw[at + 1] ?? '') : REPEATED
    } else if (length === walletName.length && isNamed(name, walletName)) {
      into.walletHeader = into.walletHeader === undefined ? (raw[at + 1] ?? '') : REPEATED
    }
  }
}

const AUTHORIZATION = 'authorization'

function isNamed(name: string, lowerCase: string): boolean {
  return name === lowerCase || name.toLowerCase() === lowerCase
}

function readFolded(headers: GateRequest['headers'], name: string): HeaderValue {
  let found: HeaderValue
  for (const [candidate, value] of Object.entries(headers)) {
    if (value === undefined || candidate.toLowerCase() !== name) continue
    if (found !== undefined || typeof value !== 'string') return REPEATED
    found = value
  }
  return found
}

/** What a mount has taken off a path: `/shop` of `/shop/v1/keys` where `/v1/keys` is left. */
export function mountOf(target: string, pathBelow: string): string {
  const path = pathOf(target)
  return path.endsWith(pathBelow) ? path.slice(0, path.length - pathBelow.length) : ''
}

/** The path of a request target, byte for byte: everything before the first `?`. */
export function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}
