import fastify5, { type FastifyInstance, type onRequestHookHandler } from 'fastify'
import fastify4 from 'fastify4'
import { getAccess, optionalAccess, requireAccess, routes, sallyport } from 'sallyport/fastify'
import type { AdapterHarness, AppDescription, Guard, Handle } from '../../contract/adapter-contract.js'
import { createJournal, type Journal, lookupOf, nameOf, originOf, reached } from './listen.js'

/** Both majors, in the types of the newer one. */
export const fastifyMajors = {
  'fastify 5': fastify5,
  'fastify 4': fastify4 as unknown as typeof fastify5,
} as const

export const fastifyHarnesses: readonly AdapterHarness[] = Object.entries(fastifyMajors).map(
  ([name, framework]) => ({ name, start: (app) => start(framework, app) }),
)

async function start(framework: typeof fastify5, description: AppDescription) {
  const journal = createJournal()
  const app = framework({ forceCloseConnections: true })
  const { forged, outerGuards = [], mounts = [] } = description
  app.setErrorHandler((error, _request, reply) => {
    journal.errors.push(error)
    reply.send(error)
  })
  if (forged !== undefined) {
    app.addHook('onRequest', async (request) => {
      Object.assign(request, { auth: forged, access: forged, user: forged, principal: forged })
      Object.assign(request.raw, { auth: forged, access: forged })
    })
  }
  await guardWhole(app, outerGuards)
  await mount(app, mounts, (scope) => fill(scope, description, journal))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { ...journal, origin: originOf(app.server), close: () => app.close() }
}

async function mount(
  scope: FastifyInstance,
  [prefix, ...deeper]: readonly string[],
  fillInnermost: (scope: FastifyInstance) => Promise<void>,
): Promise<void> {
  if (prefix === undefined) await fillInnermost(scope)
  else await scope.register((inner) => mount(inner, deeper, fillInnermost), { prefix })
}

async function fill(scope: FastifyInstance, description: AppDescription, journal: Journal): Promise<void> {
  const { endpoints, guards = [], routes: described = [], fallback } = description
  if (endpoints !== undefined) await scope.register(routes, { gate: endpoints.gate, ...endpoints.groups })
  await guardWhole(scope, guards)
  for (const route of described) {
    scope.route({
      method: route.method ?? 'GET',
      url: route.path,
      onRequest: (route.guards ?? []).map(hookOf),
      handler: handlerOf(nameOf(route), route.handle ?? reached, journal),
    })
  }
  if (fallback !== undefined) scope.setNotFoundHandler(handlerOf('fallback', fallback, journal))
}

async function guardWhole(scope: FastifyInstance, guards: readonly Guard[]): Promise<void> {
  for (const guard of guards) {
    if ('optional' in guard) scope.addHook('onRequest', hookOf(guard))
    else await scope.register(sallyport, { gate: guard.require, ...guard.options })
  }
}

function hookOf(guard: Guard): onRequestHookHandler {
  return 'optional' in guard ? optionalAccess(guard.optional) : requireAccess(guard.require, guard.options)
}

function handlerOf(name: string, handle: Handle, { ran }: Journal) {
  return async (request: Parameters<typeof getAccess>[0]) => {
    ran.push(name)
    return handle(
      lookupOf(
        () => getAccess(request),
        (gate) => getAccess(request, gate),
      ),
    )
  }
}
