import { createServer, type Server } from 'node:http'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { expressjwt } from 'express-jwt'
import { auth } from 'express-oauth2-jwt-bearer'
import { requireAccess } from 'sallyport/express'
import { AUDIENCE, ISSUER, secretKeyOf } from '../credentials.js'
import { createMembers } from '../members.js'
import { listening, PATH, type Stage, type Start } from './side.js'

/** Servers on Express 5. */
export const expressSides: Readonly<Record<string, Start>> = {
  bare: (stage) => start(stage, () => undefined),
  sallyport: (stage) => start(stage, (app) => app.use(requireAccess(createMembers(stage.caller, 'apiKey')))),
  'sallyport, JWT': (stage) =>
    start(stage, (app) => app.use(requireAccess(createMembers(stage.caller, 'token')))),
  'express-jwt': (stage) =>
    start(stage, (app) => app.use(expressjwt({ secret: secretKeyOf(stage.caller), algorithms: ['HS256'] }))),
  'express-oauth2-jwt-bearer': (stage) =>
    start(stage, (app) =>
      app.use(
        auth({
          secret: stage.caller.sharedSecret,
          tokenSigningAlg: 'HS256',
          issuer: ISSUER,
          audience: AUDIENCE,
        }),
      ),
    ),
}

// The peers hand their refusals on as errors, which Express would print.
const refuse: ErrorRequestHandler = (error: { readonly status?: number }, _req, res, _next) => {
  res.status(error.status ?? 500).json({ error: 'refused' })
}

function start(stage: Stage, guard: (app: Express) => void): Promise<Server> {
  const app = express()
  guard(app)
  app.get(PATH, (_req, res) => {
    res.json(stage.answer())
  })
  app.use(refuse)
  return listening(createServer(app))
}
