/**
 * Sallyport for Express 4 and 5.
 *
 * @packageDocumentation
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Access } from '../src/access.js'
import { admit } from '../src/admission.js'
import { isPromise } from '../src/deadline.js'
import type { Decision } from '../src/decision.js'
import { createExemption, type MountOptions } from '../src/exemptions.js'
import type { Gate } from '../src/gate.js'
import { type GateRequest, pathOf, toGateRequest } from '../src/request.js'
import { isRouteless, lookUpAccess, settleRoute } from '../src/request-state.js'
import type { GateResponse } from '../src/response.js'
import type { RouteGroups } from '../src/routes/endpoint.js'
import { createEndpoints, createFinder } from '../src/routes/endpoints.js'
import { createSpendGuard } from '../src/spend/guard.js'
import type { SpendBody, SpendIntention } from '../src/spend/guard-intent.js'
import { lookUpSpend, type Spend } from '../src/spend/spend.js'
import { assertGate, assertOptionalGate } from '../src/wiring.js'

/** What Express's request has, as far as this adapter reads it. */
export interface ExpressRequest extends IncomingMessage {
  readonly originalUrl?: string
  readonly path?: string
  readonly ip?: string | undefined
  readonly baseUrl?: string
  readonly route?: { readonly path?: unknown } | undefined
}

/** What Express's request has besides, for whoever says what it will spend. */
export interface ExpressNative extends ExpressRequest {
  readonly params: Readonly<Record<string, unknown>>
  /** A header. */
  get(name: string): string | undefined
}

/** An Express middleware, in types that need none of Express's. */
export type ExpressMiddleware = (
  req: ExpressRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Lets a request on only where the gate allows it; writes the refusal otherwise. App-wide, or on a route.
 *
 * @param options - For the app-wide mount: what needs no access at all.
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * app.use(requireAccess(gate, { public: ['/health'] }))
 * app.get('/v1/proofs', requireAccess(members), (req, res) => {
 *   res.json(proofs.filter(getAccess(req, members).wallet.owns))
 * })
 */
export function requireAccess(gate: Gate, options?: MountOptions): ExpressMiddleware {
  assertGate(gate)
  const isExempt = createExemption(options)
  return function requireAccess(req, res, next) {
    const request = requestOf(req)
    if (isExempt(request)) next()
    else carryOut(gate(request), gate, req, res, next)
  }
}

/**
 * As {@link requireAccess}, but a request without any `Authorization` header passes as `anonymous`: without wallet and
 * without scopes. A credential that is presented is decided as always.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where the gate requires a wallet or a balance.
 * @example
 * app.get('/v1/catalogue', optionalAccess(gate), (req, res) => {
 *   res.json(pricesFor(getAccess(req).principal))
 * })
 */
export function optionalAccess(gate: Gate): ExpressMiddleware {
  assertOptionalGate(gate)
  return function optionalAccess(req, res, next) {
    carryOut(gate.optional(requestOf(req)), gate, req, res, next)
  }
}

/**
 * The access of this request: the latest granted, or the one that `gate` (or a gate made from it) granted, in that
 * gate's type.
 *
 * @throws GateError `ERR_GATE_NO_ACCESS` where there is none, as on a route that nobody guards.
 */
export function getAccess(req: IncomingMessage): Access
/** As above, for one gate: throws where that gate, or one made from it, has not allowed this request. */
export function getAccess<A extends Access>(req: IncomingMessage, gate: Gate<A>): A
export function getAccess(req: IncomingMessage, gate?: Gate): Access {
  return lookUpAccess(req, gate)
}

/**
 * Reserves what a request will spend before its handler runs, under the spending authority of the API key, or else of the
 * wallet, that it has presented. Put it after `requireAccess(gate)` and after the body parser. How the answer ends the
 * spend is told at {@link getSpend}.
 *
 * @param intend - Says what the request will spend: null where that is nothing. What it throws is the host's to handle.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending. Per request, to Express's error handling:
 * `ERR_GATE_NO_ACCESS` where the gate has not allowed it, `ERR_GATE_BODY_UNPARSED` where nobody has parsed its body.
 * @example
 * app.post('/v1/orders', requireAccess(members), express.json(), reserveSpend(members, ({ body, native }) => ({
 *   amountMinor: body.total, currency: 'EUR', merchant: 'Acme', mcc: '5734', idempotencyKey: native.get('Idempotency-Key'),
 * })), order)
 */
export function reserveSpend<
  A extends Access,
  Native extends ExpressRequest = ExpressNative,
  Body = SpendBody,
>(gate: Gate<A>, intend: SpendIntention<A, Native, Body>): ExpressMiddleware {
  const guard = createSpendGuard(gate, intend)
  return function reserveSpend(req, res, next) {
    guard(requestOf(req), bodyOf(req), res)
      .then((outcome) => {
        if (outcome === 'enter') next()
        else if (outcome !== 'gone') write(res, outcome)
      })
      .catch(next)
  }
}

/**
 * What `reserveSpend` has reserved for this request. Where the handler calls neither `commit` nor `release`, a 4xx gives
 * everything back; any other answer, an error, and a client that goes away count it as spent.
 *
 * @throws GateError `ERR_GATE_NO_SPEND` where there is nothing.
 * @example
 * const spend = getSpend(req)
 * await spend.commit(charged)
 */
export function getSpend(req: IncomingMessage): Spend {
  return lookUpSpend(req)
}

/**
 * Sallyport's own endpoints, those of the groups that are named. Each guards itself, so mount them before an app-wide
 * `requireAccess`.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * app.use(routes(gate, { check: { balance: members } }))
 */
export function routes(gate: Gate, groups: RouteGroups): ExpressMiddleware {
  const find = createFinder(createEndpoints(gate, groups))
  return function sallyportRoutes(req, res, next) {
    const match = find(req.method, req.path ?? pathOf(req.url ?? ''))
    if (match === undefined) next()
    else {
      const { endpoint, params } = match
      const body = { parsed: bodyOf(req), stream: req }
      const request = toGateRequest(req, targetOf(req), req, () => `${req.baseUrl ?? ''}${endpoint.path}`)
      endpoint
        .handle(request, body, params)
        .then((answer) => write(res, answer))
        .catch(next)
    }
  }
}

function bodyOf(req: ExpressRequest): unknown {
  return (req as { readonly body?: unknown }).body
}

function requestOf(req: ExpressRequest): GateRequest {
  return toGateRequest(req, targetOf(req), req, routeOf)
}

// Known to a guard on the route, and to nobody before the router has found it. A path that is no text has no template.
function routeOf({ route, baseUrl = '' }: ExpressRequest): string | undefined {
  return typeof route?.path === 'string' ? `${baseUrl}${route.path}` : undefined
}

// `url` loses the prefix of a mount; `originalUrl` keeps it.
function targetOf(req: ExpressRequest): string {
  return req.originalUrl ?? req.url ?? ''
}

function carryOut(
  decision: Decision | Promise<Decision>,
  gate: Gate,
  req: ExpressRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
): void {
  if (isPromise(decision)) decision.then((known) => goOn(known, gate, req, res, next)).catch(next)
  else goOn(decision, gate, req, res, next)
}

function goOn(
  decision: Decision,
  gate: Gate,
  req: ExpressRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const refusal = admit(decision, gate, req)
  if (refusal !== undefined) {
    write(res, refusal)
    return
  }
  next()
  // An app-wide guard is asked before the router: what it found is known at the latest when the answer is written.
  if (!isRouteless(req)) return
  settleRoute(req, routeOf(req))
  if (isRouteless(req)) res.once('close', () => settleRoute(req, routeOf(req)))
}

function write(res: ServerResponse, { status, headers, body }: GateResponse): void {
  // The host has given up waiting, as by a timeout of its own.
  if (res.headersSent) return
  res.statusCode = status
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.setHeader('Content-Length', Buffer.byteLength(body))
  res.end(body)
}
