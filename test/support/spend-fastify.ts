import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { getSpend, optionalAccess, requireAccess, reserveSpend } from 'sallyport/fastify'
import { fastifyMajors } from '../harness/adapters/fastify.js'
import { createJournal, originOf } from '../harness/adapters/listen.js'
import { type Answer, ORDERS, type SpendAppDescription, type SpendHarness } from './spend-app.js'

export const fastifySpendHarnesses: readonly SpendHarness[] = Object.entries(fastifyMajors).map(
  ([name, framework]) => ({ name, start: (description) => start(framework, description) }),
)

/** The same over HTTP/2, without TLS. */
export const fastifyHttp2Harnesses: readonly SpendHarness[] = Object.entries(fastifyMajors).map(
  ([name, framework]) => ({
    name: `${name} over HTTP/2`,
    start: (description) => start(framework, description, { http2: true }),
  }),
)

async function start(
  framework: (typeof fastifyMajors)['fastify 5'],
  description: SpendAppDescription,
  options: object = {},
) {
  const {
    gate,
    entrance = gate,
    intend,
    intendNext,
    handle,
    isBeforeParser = false,
    before,
    takesSpend = true,
  } = description
  const journal = createJournal()
  const app: FastifyInstance = framework({ forceCloseConnections: true, ...options })
  const guardBy = (intend: SpendAppDescription['intend']) =>
    reserveSpend(
      gate,
      ({ access, body, native }) =>
        // What tests answer is often nothing that types would let through.
        intend({ access, body, header: (name) => native.headers[name.toLowerCase()] }) as never,
    )
  const guards = [intend, ...(intendNext === undefined ? [] : [intendNext])].map(guardBy)
  app.setErrorHandler((error, _request, reply) => {
    journal.errors.push(error)
    reply.send(error)
  })
  if (entrance === 'optional') app.addHook('onRequest', optionalAccess(gate))
  else if (entrance !== null) app.addHook('onRequest', requireAccess(entrance))
  app.addHook('preHandler', async (_request, reply) => before?.(reply.raw))
  // A hook that is registered on the app comes before those of the route.
  if (isBeforeParser) for (const guard of guards) app.addHook('onRequest', guard as onRequestHookHandler)
  app.route({
    method: 'POST',
    url: ORDERS,
    ...(!isBeforeParser && { preHandler: guards }),
    handler(request: FastifyRequest, reply: FastifyReply) {
      journal.ran.push('order')
      const spend = takesSpend ? getSpend(request) : (undefined as never)
      const answer = handle({ spend, response: reply.raw })
      return answer instanceof Promise ? answer.then((known) => send(reply, known)) : send(reply, answer)
    },
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    ...journal,
    origin: originOf(app.server),
    entered: () => journal.ran.length,
    close: () => app.close(),
  }
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer === 'by hand') return reply.hijack()
  if ('json' in answer) return reply.code(answer.status).send(answer.json)
  if ('text' in answer) return reply.send(answer.text)
  return 'redirect' in answer ? reply.redirect(answer.redirect) : reply.send(answer.stream)
}
