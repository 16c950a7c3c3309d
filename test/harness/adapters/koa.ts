import Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import Koa2 from 'koa2'
import { getAccess, optionalAccess, requireAccess, routes } from 'sallyport/koa'
import type { AdapterHarness, AppDescription, Guard, Handle } from '../../contract/adapter-contract.js'
import { createJournal, type Journal, listen, lookupOf, nameOf, reached } from './listen.js'

export const koaHarnesses: readonly AdapterHarness[] = [
  { name: 'koa 3', start: (app) => start(Koa, app) },
  { name: 'koa 2', start: (app) => start(Koa2, app) },
]

async function start(Framework: typeof Koa, description: AppDescription) {
  const journal = createJournal()
  const app = new Framework()
  const { forged, outerGuards = [], mounts = [] } = description
  app.on('error', (error) => journal.errors.push(error))
  if (forged !== undefined) app.use(forge(forged))
  for (const guard of outerGuards) app.use(middlewareOf(guard))
  const inner = compose(layersOf(description, journal))
  app.use(mounts.reduceRight(mount, inner))
  return listen(app.callback(), journal)
}

function layersOf(description: AppDescription, journal: Journal): Middleware[] {
  const { endpoints, parser, parsesBehind, guards = [], routes: described = [], fallback } = description
  const router = new Router()
  for (const route of described) {
    const handler = handlerOf(nameOf(route), route.handle ?? reached, journal)
    const method = { GET: 'get', POST: 'post', DELETE: 'delete' } as const
    router[method[route.method ?? 'GET']](route.path, ...(route.guards ?? []).map(middlewareOf), handler)
  }
  return [
    ...(parser === undefined ? [] : [parserOf(parser)]),
    ...(endpoints === undefined ? [] : [routes(endpoints.gate, endpoints.groups)]),
    ...guards.map(middlewareOf),
    ...(parsesBehind === true ? [parserOf('json')] : []),
    router.routes() as Middleware,
    ...(fallback === undefined ? [] : [handlerOf('fallback', fallback, journal)]),
  ]
}

function middlewareOf(guard: Guard): Middleware {
  return 'optional' in guard ? optionalAccess(guard.optional) : requireAccess(guard.require, guard.options)
}

function handlerOf(name: string, handle: Handle, { ran }: Journal): Middleware {
  return (ctx) => {
    ran.push(name)
    ctx.body = handle(
      lookupOf(
        () => getAccess(ctx),
        (gate) => getAccess(ctx, gate),
      ),
    )
  }
}

function forge(forged: object): Middleware {
  return (ctx, next) => {
    Object.assign(ctx, { auth: forged, access: forged })
    Object.assign(ctx.req, { auth: forged, access: forged })
    Object.assign(ctx.state, { auth: forged, access: forged, user: forged })
    return next()
  }
}

// As koa-bodyparser does: the body is where others look for it, and an unreadable one is the host's 400.
function parserOf(parser: NonNullable<AppDescription['parser']>): Middleware {
  return async (ctx, next) => {
    const request = ctx.request as { body?: unknown }
    request.body = {}
    if (parser !== 'form' && (parser !== 'json' || ctx.is('application/json'))) {
      const chunks: Buffer[] = []
      for await (const chunk of ctx.req) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      request.body = parser === 'json' ? parseJson(ctx, bytes) : parser === 'text' ? bytes.toString() : bytes
    }
    await next()
  }
}

function parseJson(ctx: Context, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString() || '{}')
  } catch {
    return ctx.throw(400, 'bad JSON')
  }
}

// As koa-mount does: what is mounted sees a path without the prefix.
function mount(inner: Middleware, prefix: string): Middleware {
  return async (ctx, next) => {
    const whole = ctx.path
    if (whole !== prefix && !whole.startsWith(`${prefix}/`)) return next()
    ctx.path = whole.slice(prefix.length) || '/'
    await inner(ctx, async () => {
      const below = ctx.path
      ctx.path = whole
      await next()
      ctx.path = below
    })
    ctx.path = whole
  }
}

function compose(layers: readonly Middleware[]): Middleware {
  return async (ctx, next) => {
    const enter = async (at: number): Promise<unknown> => {
      const layer = layers[at]
      return layer === undefined ? next() : layer(ctx, () => enter(at + 1))
    }
    await enter(0)
  }
}
