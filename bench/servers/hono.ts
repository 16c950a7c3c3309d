import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { jwt } from 'hono/jwt'
import { importSecret } from '../credentials.js'
import { listening, PATH, type Stage, type Start } from './side.js'

/** Servers on Hono, to see how its own check of a JWT compares on the framework that it is made for. */
export const honoSides: Readonly<Record<string, Start>> = {
  bare: (stage) => start(stage, () => undefined),
  'hono/jwt': async (stage) => {
    const secret = await importSecret(stage.caller)
    return start(stage, (app) => app.use(jwt({ secret, alg: 'HS256' })))
  },
}

function start(stage: Stage, guard: (app: Hono) => void): Promise<Server> {
  const app = new Hono()
  guard(app)
  app.get(PATH, (context) => context.json(stage.answer()))
  return listening(createAdaptorServer({ fetch: app.fetch }) as Server)
}
