import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express'
import express4 from 'express4'
import { getAccess, optionalAccess, requireAccess, routes } from 'sallyport/express'
import type { AdapterHarness, AppDescription, Guard, Handle } from '../../contract/adapter-contract.js'
import { createJournal, type Journal, listen, lookupOf, nameOf, reached } from './listen.js'

export const expressMajors = { 'express 5': express, 'express 4': express4 } as const

export const expressHarnesses: readonly AdapterHarness[] = Object.entries(expressMajors).map(
  ([name, framework]) => ({ name, start: (app) => start(framework, app) }),
)

async function start(framework: typeof express, description: AppDescription) {
  const journal = createJournal()
  const app = framework()
  const { forged, outerGuards = [], mounts = [] } = description
  if (forged !== undefined) app.use(forge(forged))
  for (const guard of outerGuards) app.use(middlewareOf(guard))
  let scope: Router = app
  mounts.forEach((prefix, depth) => {
    const inner = depth % 2 === 0 ? framework.Router() : framework()
    scope.use(prefix, inner)
    scope = inner
  })
  fill(scope, framework, description, journal)
  const note: ErrorRequestHandler = (error, _req, _res, next) => {
    journal.errors.push(error)
    next(error)
  }
  app.use(note)
  return listen(app, journal)
}

function fill(scope: Router, framework: typeof express, description: AppDescription, journal: Journal): void {
  const { endpoints, parser, parsesBehind, guards = [], routes: described = [], fallback } = description
  if (parser !== undefined) scope.use(parserOf(framework, parser))
  if (endpoints !== undefined) scope.use(routes(endpoints.gate, endpoints.groups))
  for (const guard of guards) scope.use(middlewareOf(guard))
  if (parsesBehind === true) scope.use(framework.json())
  for (const route of described) {
    const handler = handlerOf(nameOf(route), route.handle ?? reached, journal)
    const method = { GET: 'get', POST: 'post', DELETE: 'delete' } as const
    scope[method[route.method ?? 'GET']](route.path, ...(route.guards ?? []).map(middlewareOf), handler)
  }
  if (fallback !== undefined) scope.use(handlerOf('fallback', fallback, journal))
}

function parserOf(framework: typeof express, parser: NonNullable<AppDescription['parser']>): RequestHandler {
  if (parser === 'json') return framework.json()
  if (parser === 'form') return framework.urlencoded({ extended: false })
  return parser === 'text' ? framework.text({ type: () => true }) : framework.raw({ type: () => true })
}

function middlewareOf(guard: Guard): RequestHandler {
  return 'optional' in guard ? optionalAccess(guard.optional) : requireAccess(guard.require, guard.options)
}

function handlerOf(name: string, handle: Handle, { ran }: Journal): RequestHandler {
  return (req, res) => {
    ran.push(name)
    res.json(
      handle(
        lookupOf(
          () => getAccess(req),
          (gate) => getAccess(req, gate),
        ),
      ),
    )
  }
}

function forge(forged: object): RequestHandler {
  return (req, _res, next) => {
    Object.assign(req, { auth: forged, access: forged, user: forged, principal: forged })
    next()
  }
}
