/**
 * Sallyport for Koa 2 and 3.
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
import { type GateRequest, mountOf, toGateRequest } from '../src/request.js'
import { isRouteless, lookUpAccess, settleRoute } from '../src/request-state.js'
import type { GateResponse } from '../src/response.js'
import type { RouteGroups } from '../src/routes/endpoint.js'
import { createEndpoints, createFinder } from '../src/routes/endpoints.js'
import { createSpendGuard } from '../src/spend/guard.js'
import type { SpendBody, SpendIntention } from '../src/spend/guard-intent.js'
import { lookUpSpend, type Spend } from '../src/spend/spend.js'
import { assertGate, assertOptionalGate } from '../src/wiring.js'

/** What Koa's context has, as far as this adapter uses it. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly request: object
  readonly originalUrl: string
  readonly method: string
  readonly path: string
  readonly ip: string
  readonly _matchedRoute?: unknown
  status: number
  body: unknown
  /** A header of the request; empty where it is not there. */
  get(name: string): string
  set(headers: { [name: string]: string }): void
}

// What `ctx.get` answers for a header that is not there.
const ABSENT = ''

/** A Koa middleware, in types that need none of Koa's. */
export type KoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>

/**
 * Lets a request on only where the gate allows it; writes the refusal otherwise. App-wide, or on a route.
 *
 * @param options - For the app-wide mount: what needs no access at all.
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * app.use(requireAccess(gate, { public: ['/health'] }))
 * router.get('/v1/proofs', requireAccess(members), (ctx) => {
 *   ctx.body = proofs.filter(getAccess(ctx, members).wallet.owns)
 * })
 */
export function requireAccess(gate: Gate, options?: MountOptions): KoaMiddleware {
  assertGate(gate)
  const isExempt = createExemption(options)
  return function requireAccess(ctx, next) {
    const request = requestOf(ctx)
    return isExempt(request) ? next() : decided(gate(request), gate, ctx, next)
  }
}

/**
 * As {@link requireAccess}, but a request without any `Authorization` header passes as `anonymous`: without wallet and
 * without scopes. A credential that is presented is decided as always.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where the gate requires a wallet or a balance.
 * @example
 * router.get('/v1/catalogue', optionalAccess(gate), (ctx) => {
 *   ctx.body = pricesFor(getAccess(ctx).principal)
 * })
 */
export function optionalAccess(gate: Gate): KoaMiddleware {
  assertOptionalGate(gate)
  return function optionalAccess(ctx, next) {
    return decided(gate.optional(requestOf(ctx)), gate, ctx, next)
  }
}

/**
 * The access of this request: the latest granted, or the one that `gate` (or a gate made from it) granted, in that
 * gate's type.
 *
 * @throws GateError `ERR_GATE_NO_ACCESS` where there is none, as on a route that nobody guards.
 */
export function getAccess(ctx: Pick<KoaContext, 'req'>): Access
/** As above, for one gate: throws where that gate, or one made from it, has not allowed this request. */
export function getAccess<A extends Access>(ctx: Pick<KoaContext, 'req'>, gate: Gate<A>): A
export function getAccess(ctx: Pick<KoaContext, 'req'>, gate?: Gate): Access {
  return lookUpAccess(ctx.req, gate)
}

/**
 * Reserves what a request will spend before its handler runs, under the spending authority of the API key, or else of the
 * wallet, that it has presented. Put it after `requireAccess(gate)` and after the body parser, which leaves the body at
 * `ctx.request.body`. How the answer ends the spend is told at {@link getSpend}.
 *
 * @param intend - Says what the request will spend: null where that is nothing. What it throws is the host's to handle. An
 * empty `idempotencyKey` is none: that is what `ctx.get` answers for a header that is not there.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending. Per request, to Koa's error handling:
 * `ERR_GATE_NO_ACCESS` where the gate has not allowed it, `ERR_GATE_BODY_UNPARSED` where nobody has parsed its body.
 * @example
 * router.post('/v1/orders', requireAccess(members), bodyParser(), reserveSpend(members, ({ body, native }) => ({
 *   amountMinor: body.total, currency: 'EUR', merchant: 'Acme', mcc: '5734', idempotencyKey: native.get('Idempotency-Key'),
 * })), order)
 */
export function reserveSpend<A extends Access, Native extends KoaContext = KoaContext, Body = SpendBody>(
  gate: Gate<A>,
  intend: SpendIntention<A, Native, Body>,
): KoaMiddleware {
  const guard = createSpendGuard(gate, intend, ABSENT)
  return async function reserveSpend(ctx, next) {
    const outcome = await guard(requestOf(ctx), bodyOf(ctx), ctx.res)
    if (outcome === 'enter') await next()
    else if (outcome !== 'gone') write(ctx, outcome)
  }
}

/**
 * What `reserveSpend` has reserved for this request. Where the handler calls neither `commit` nor `release`, a 4xx gives
 * everything back; any other answer, an error, and a client that goes away count it as spent.
 *
 * @throws GateError `ERR_GATE_NO_SPEND` where there is nothing.
 * @example
 * const spend = getSpend(ctx)
 * await spend.commit(charged)
 */
export function getSpend(ctx: Pick<KoaContext, 'req'>): Spend {
  return lookUpSpend(ctx.req)
}

/**
 * Sallyport's own endpoints, those of the groups that are named. Each guards itself, so mount them before an app-wide
 * `requireAccess`.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * app.use(routes(gate, { check: { balance: members } }))
 */
export function routes(gate: Gate, groups: RouteGroups): KoaMiddleware {
  const find = createFinder(createEndpoints(gate, groups))
  return async function sallyportRoutes(ctx, next) {
    const match = find(ctx.method, pathBelowMount(ctx))
    if (match === undefined) await next()
    else {
      const { endpoint, params } = match
      const request = toGateRequest(
        ctx.req,
        ctx.originalUrl,
        ctx,
        () => `${mountPathOf(ctx)}${endpoint.path}`,
      )
      write(ctx, await endpoint.handle(request, { parsed: bodyOf(ctx), stream: ctx.req }, params))
    }
  }
}

// Where the parsers of Koa leave it.
function bodyOf(ctx: KoaContext): unknown {
  return (ctx.request as { readonly body?: unknown }).body
}

// Koa cannot read every target that Node lets through; what it cannot read is no endpoint of ours.
function pathBelowMount(ctx: KoaContext): string | undefined {
  try {
    return ctx.path
  } catch {
    return undefined
  }
}

// `url` loses the prefix of a mount; `originalUrl` keeps it.
function requestOf(ctx: KoaContext): GateRequest {
  return toGateRequest(ctx.req, ctx.originalUrl, ctx, routeOf)
}

// As the routers of Koa name it, once they have found it.
function routeOf(ctx: KoaContext): string | undefined {
  const { _matchedRoute: matched } = ctx
  return typeof matched === 'string' ? `${mountPathOf(ctx)}${matched}` : undefined
}

function mountPathOf(ctx: KoaContext): string {
  return mountOf(ctx.originalUrl, pathBelowMount(ctx) ?? '')
}

// What is known at once is carried out at once: the only promise is then the one that Koa waits for.
function decided(
  decision: Decision | Promise<Decision>,
  gate: Gate,
  ctx: KoaContext,
  next: () => Promise<unknown>,
): Promise<unknown> {
  if (isPromise(decision)) return decision.then((known) => carryOut(known, gate, ctx, next))
  return carryOut(decision, gate, ctx, next)
}

async function carryOut(
  decision: Decision,
  gate: Gate,
  ctx: KoaContext,
  next: () => Promise<unknown>,
): Promise<void> {
  const refusal = admit(decision, gate, ctx.req)
  if (refusal !== undefined) return write(ctx, refusal)
  try {
    await next()
  } finally {
    if (isRouteless(ctx.req)) settleRoute(ctx.req, routeOf(ctx))
  }
}

// Written, not thrown: a throw would drop the headers and tell the app's error handlers of every 401.
function write(ctx: KoaContext, { status, headers, body }: GateResponse): void {
  ctx.status = status
  ctx.set({ ...headers })
  ctx.body = body
}
