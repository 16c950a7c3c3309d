import type { FastifyReply, FastifyRequest } from 'fastify'
import { getSpend, optionalAccess, requireAccess, reserveSpend } from 'sallyport/fastify'
import { fastifyMajors } from '../harness/adapters/fastify.js'
import { createJournal, originOf } from '../harness/adapters/listen.js'
import { type Answer, ORDERS, type SpendAppDescription, type SpendHarness } from './spend-app.js'

export const fastifySpendHarnesses: readonly SpendHarness[] = Object.entries(fastifyMajors).map(
  ([name, framework]) => ({ name, start: (description) => start(framework, description) }),
)

async function start(framework: (typeof fastifyMajors)['fastify 5'], description: SpendAppDescription) {
  const {
    gate,
    entrance = gate,
    intend,
    handle,
    isBeforeParser = false,
    before,
    takesSpend = true,
  } = description
  const journal = createJournal()
  const app = framework({ forceCloseConnections: true })
  const guard = reserveSpend(
    gate,
    ({ access, body, native }) =>
      // What tests answer is often nothing that types would let through.
      intend({ access, body, header: (name) => native.headers[name.toLowerCase()] }) as never,
  )
  app.setErrorHandler((error, _request, reply) => {
    journal.errors.push(error)
    reply.send(error)
  })
  if (entrance === 'optional') app.addHook('onRequest', optionalAccess(gate))
  else if (entrance !== null) app.addHook('onRequest', requireAccess(entrance))
  app.addHook('preHandler', async (_request, reply) => before?.(reply.raw))
  // A hook that is registered on the app comes before those of the route.
  if (isBeforeParser) app.addHook('onRequest', guard)
  app.route({
    method: 'POST',
    url: ORDERS,
    ...(!isBeforeParser && { preHandler: guard }),
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
