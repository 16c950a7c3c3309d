import type { Server } from 'node:http'
import fastifyJwt, { type FastifyJWTOptions } from '@fastify/jwt'
import fastify, { type FastifyInstance } from 'fastify'
import { sallyport } from 'sallyport/fastify'
import type { Presented } from '../credentials.js'
import { createMembers } from '../members.js'
import { PATH, type Stage, type Start } from './side.js'

/** Servers on Fastify. */
export const fastifySides: Readonly<Record<string, Start>> = {
  bare: (stage) => start(stage, async () => undefined),
  sallyport: guardedBy('apiKey'),
  'sallyport, JWT': guardedBy('token'),
  '@fastify/jwt': checkedBy({}),
  '@fastify/jwt, cache': checkedBy({ cache: true }),
}

function guardedBy(presented: Presented): Start {
  return (stage) =>
    start(stage, async (app) => {
      await app.register(sallyport, { gate: createMembers(stage.caller, presented) })
    })
}

function checkedBy(verify: NonNullable<FastifyJWTOptions['verify']>): Start {
  return (stage) =>
    start(stage, async (app) => {
      await app.register(fastifyJwt, { secret: stage.caller.sharedSecret, verify })
      app.addHook('onRequest', async (request, reply) => {
        try {
          await request.jwtVerify()
        } catch (error) {
          reply.send(error)
        }
      })
    })
}

async function start(stage: Stage, guard: (app: FastifyInstance) => Promise<void>): Promise<Server> {
  const app = fastify()
  await guard(app)
  app.get(PATH, async () => stage.answer())
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}
