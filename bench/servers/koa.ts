import { createServer, type Server } from 'node:http'
import Koa from 'koa'
import jwt from 'koa-jwt'
import { requireAccess } from 'sallyport/koa'
import { secretKeyOf } from '../credentials.js'
import { createMembers } from '../members.js'
import { listening, PATH, type Stage, type Start } from './side.js'

/** Servers on Koa. */
export const koaSides: Readonly<Record<string, Start>> = {
  bare: (stage) => start(stage, () => undefined),
  sallyport: (stage) => start(stage, (app) => app.use(requireAccess(createMembers(stage.caller, 'apiKey')))),
  'sallyport, JWT': (stage) =>
    start(stage, (app) => app.use(requireAccess(createMembers(stage.caller, 'token')))),
  'koa-jwt': (stage) => {
    // It hands on what it is given; its types know of text and bytes alone.
    const secret = secretKeyOf(stage.caller) as unknown as Buffer
    return start(stage, (app) => app.use(jwt({ secret })))
  },
}

function start(stage: Stage, guard: (app: Koa) => void): Promise<Server> {
  const app = new Koa()
  guard(app)
  app.use((ctx) => {
    if (ctx.method === 'GET' && ctx.path === PATH) ctx.body = stage.answer()
  })
  return listening(createServer(app.callback()))
}
