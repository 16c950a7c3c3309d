/**
 * Sallyport for Fastify 4 and 5.
 *
 * @packageDocumentation
 */
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preHandlerHookHandler,
  RegisterOptions,
} from 'fastify'
import plugin from 'fastify-plugin'
import type { Access } from '../src/access.js'
import { admit } from '../src/admission.js'
import { isPromise } from '../src/deadline.js'
import type { Decision } from '../src/decision.js'
import { createExemption, type MountOptions } from '../src/exemptions.js'
import type { Gate } from '../src/gate.js'
import { type GateRequest, toGateRequest } from '../src/request.js'
import { lookUpAccess } from '../src/request-state.js'
import type { GateResponse } from '../src/response.js'
import type { PathParams, RouteGroups } from '../src/routes/endpoint.js'
import { createEndpoints } from '../src/routes/endpoints.js'
import { createSpendGuard } from '../src/spend/guard.js'
import type { SpendBody, SpendIntention } from '../src/spend/guard-intent.js'
import { lookUpSpend, type Spend } from '../src/spend/spend.js'
import { assertGate, assertOptionalGate } from '../src/wiring.js'

/** Options of the app-wide plugin. */
export interface SallyportPluginOptions extends MountOptions {
  readonly gate: Gate
}

/** Options of {@link routes}: the gate and the groups to mount. */
export interface RoutesPluginOptions extends RouteGroups {
  readonly gate: Gate
}

// Set where `request.access` is this package's; a host that has an `access` of its own is told so by Fastify.
const DECORATED = Symbol('sallyport')

/**
 * Guards every route of the instance, from before its body is parsed. A route opts out by `config: { sallyport: false }`.
 * Adds `request.access`, which is what {@link getAccess} answers; see `sallyport/fastify/augment` for its type.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * await app.register(sallyport, { gate, public: ['/health'] })
 */
export const sallyport: FastifyPluginAsync<SallyportPluginOptions> = plugin(
  async (app: FastifyInstance, { gate, ...options }: SallyportPluginOptions) => {
    assertGate(gate)
    const isExempt = createExemption(ownOptions(options))
    if (!app.hasDecorator(DECORATED)) {
      app.decorate(DECORATED, true)
      app.decorateRequest('access', {
        getter(this: FastifyRequest) {
          return getAccess(this)
        },
      })
    }
    app.addHook('onRequest', (request, reply, done) => {
      // Fastify makes these options anew each time they are looked at.
      const { config, url } = request.routeOptions
      const gateRequest = toGateRequest(request.raw, request.originalUrl, request, url)
      if (isOptedOut(config) || isExempt(gateRequest)) done()
      else carryOut(gate(gateRequest), gate, request, reply, done)
    })
  },
  { name: 'sallyport', fastify: '4.x || 5.x' },
)

/**
 * Lets a request on only where the gate allows it; writes the refusal otherwise. For one route, or for a scope by
 * `addHook('onRequest', requireAccess(gate))`.
 *
 * @param options - For the mount on a whole scope: what needs no access at all.
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * app.get('/v1/proofs', { onRequest: requireAccess(members) }, async (request) =>
 *   proofs.filter(getAccess(request, members).wallet.owns),
 * )
 */
export function requireAccess(gate: Gate, options?: MountOptions): onRequestHookHandler {
  assertGate(gate)
  const isExempt = createExemption(options)
  return function requireAccess(request, reply, done) {
    const gateRequest = requestOf(request)
    if (isExempt(gateRequest)) done()
    else carryOut(gate(gateRequest), gate, request, reply, done)
  }
}

/**
 * As {@link requireAccess}, but a request without any `Authorization` header passes as `anonymous`: without wallet and
 * without scopes. A credential that is presented is decided as always.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where the gate requires a wallet or a balance.
 * @example
 * app.get('/v1/catalogue', { onRequest: optionalAccess(gate) }, async (request) =>
 *   pricesFor(getAccess(request).principal),
 * )
 */
export function optionalAccess(gate: Gate): onRequestHookHandler {
  assertOptionalGate(gate)
  return function optionalAccess(request, reply, done) {
    carryOut(gate.optional(requestOf(request)), gate, request, reply, done)
  }
}

/**
 * The access of this request: the latest granted, or the one that `gate` (or a gate made from it) granted, in that
 * gate's type.
 *
 * @throws GateError `ERR_GATE_NO_ACCESS` where there is none, as on a route that nobody guards.
 */
export function getAccess(request: Pick<FastifyRequest, 'raw'>): Access
/** As above, for one gate: throws where that gate, or one made from it, has not allowed this request. */
export function getAccess<A extends Access>(request: Pick<FastifyRequest, 'raw'>, gate: Gate<A>): A
export function getAccess(request: Pick<FastifyRequest, 'raw'>, gate?: Gate): Access {
  return lookUpAccess(request.raw, gate)
}

/**
 * Reserves what a request will spend before its handler runs, under the spending authority of the API key, or else of the
 * wallet, that it has presented. A `preHandler` hook: after `requireAccess(gate)`, and after the body is parsed. How the
 * answer ends the spend is told at {@link getSpend}.
 *
 * @param intend - Says what the request will spend: null where that is nothing. What it throws is the host's to handle.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending. Per request, to Fastify's error handling:
 * `ERR_GATE_NO_ACCESS` where the gate has not allowed it, `ERR_GATE_BODY_UNPARSED` where nobody has parsed its body.
 * @example
 * app.post('/v1/orders', {
 *   onRequest: requireAccess(members),
 *   preHandler: reserveSpend(members, ({ body, native }) => ({
 *     amountMinor: body.total, currency: 'EUR', merchant: 'Acme', mcc: '5734',
 *     idempotencyKey: native.headers['idempotency-key'],
 *   })),
 * }, order)
 */
export function reserveSpend<
  A extends Access,
  Native extends FastifyRequest = FastifyRequest,
  Body = SpendBody,
>(gate: Gate<A>, intend: SpendIntention<A, Native, Body>): preHandlerHookHandler {
  const guard = createSpendGuard(gate, intend)
  return function reserveSpend(request, reply, done) {
    guard(requestOf(request), request.body, reply.raw)
      .then((outcome) => {
        if (outcome === 'enter') done()
        else if (outcome === 'gone') reply.hijack()
        else write(reply, outcome)
      })
      .catch(done)
  }
}

/**
 * What `reserveSpend` has reserved for this request. Where the handler calls neither `commit` nor `release`, a 4xx gives
 * everything back; any other answer, an error, and a client that goes away count it as spent.
 *
 * @throws GateError `ERR_GATE_NO_SPEND` where there is nothing.
 * @example
 * const spend = getSpend(request)
 * await spend.commit(charged)
 */
export function getSpend(request: Pick<FastifyRequest, 'raw'>): Spend {
  return lookUpSpend(request.raw)
}

/**
 * Sallyport's own endpoints, those of the groups that are named, in a scope of their own. Each guards itself; an
 * app-wide {@link sallyport} leaves them alone.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 * @example
 * await app.register(routes, { gate, check: { balance: members } })
 */
export const routes: FastifyPluginAsync<RoutesPluginOptions> = async (app, { gate, ...groups }) => {
  for (const endpoint of createEndpoints(gate, ownOptions(groups))) {
    app.route({
      method: endpoint.method,
      url: endpoint.path,
      config: { sallyport: false } as object,
      // The whole answer, before Fastify looks at the body: it would judge the media type ahead of the credential.
      async onRequest(request, reply) {
        const params = request.params as PathParams
        // Fastify takes an empty segment for a parameter; on no other framework is that an endpoint.
        if (Object.values(params).includes('')) return reply.callNotFound()
        const body = { parsed: undefined, stream: request.raw }
        return write(reply, await endpoint.handle(requestOf(request), body, params))
      },
      handler: () => undefined,
    })
  }
}

// `register` hands a plugin its own options too; what else is unknown is a mistake of the host's.
function ownOptions<Options extends object>(
  options: Options & RegisterOptions,
): Omit<Options, keyof RegisterOptions> {
  const { prefix: _prefix, logLevel: _logLevel, logSerializers: _logSerializers, ...own } = options
  return own
}

function requestOf(request: FastifyRequest): GateRequest {
  return toGateRequest(request.raw, request.originalUrl, request, routeOf)
}

function routeOf({ routeOptions }: FastifyRequest): string | undefined {
  return routeOptions.url
}

function isOptedOut(config: { readonly sallyport?: unknown }): boolean {
  return config.sallyport === false
}

function carryOut(
  decision: Decision | Promise<Decision>,
  gate: Gate,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  if (isPromise(decision)) decision.then((known) => goOn(known, gate, request, reply, done)).catch(done)
  else goOn(decision, gate, request, reply, done)
}

function goOn(
  decision: Decision,
  gate: Gate,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const refusal = admit(decision, gate, request.raw)
  if (refusal === undefined) done()
  else write(reply, refusal)
}

// As bytes, which Fastify sends as they are: text it would serialize once more and give a charset that JSON has not.
function write(reply: FastifyReply, { status, headers, body }: GateResponse): FastifyReply {
  return reply.code(status).headers(headers).send(Buffer.from(body))
}
