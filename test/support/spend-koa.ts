import Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import Koa2 from 'koa2'
import { getSpend, optionalAccess, requireAccess, reserveSpend } from 'sallyport/koa'
import { createJournal, listen } from '../harness/adapters/listen.js'
import { type Answer, ORDERS, type SpendAppDescription, type SpendHarness } from './spend-app.js'

export const koaSpendHarnesses: readonly SpendHarness[] = [
  { name: 'koa 3', start: (description) => start(Koa, description) },
  { name: 'koa 2', start: (description) => start(Koa2, description) },
]

async function start(Framework: typeof Koa, description: SpendAppDescription) {
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
  const app = new Framework()
  app.on('error', (error) => journal.errors.push(error))
  const guardBy = (intend: SpendAppDescription['intend']) =>
    reserveSpend(
      gate,
      ({ access, body, native }) =>
        // What tests answer is often nothing that types would let through.
        intend({ access, body, header: (name) => native.get(name) }) as never,
    )
  const guards = [intend, ...(intendNext === undefined ? [] : [intendNext])].map(guardBy)
  const handler: Middleware = (ctx) => {
    journal.ran.push('order')
    const spend = takesSpend ? getSpend(ctx) : (undefined as never)
    const answer = handle({ spend, response: ctx.res })
    return answer instanceof Promise ? answer.then((known) => send(ctx, known)) : send(ctx, answer)
  }
  if (entrance === 'optional') app.use(optionalAccess(gate))
  else if (entrance !== null) app.use(requireAccess(entrance))
  const router = new Router()
  const interlude: Middleware = (ctx, next) => {
    before?.(ctx.res)
    return next()
  }
  if (isBeforeParser) router.post(ORDERS, interlude, ...guards, parse, handler)
  else router.post(ORDERS, parse, interlude, ...guards, handler)
  app.use(router.routes() as Middleware)
  const running = await listen(app.callback(), journal)
  return { ...running, entered: () => journal.ran.length }
}

// As the parsers of Koa do: an empty object for what is no JSON.
const parse: Middleware = async (ctx, next) => {
  const request = ctx.request as { body?: unknown }
  request.body = {}
  if (ctx.is('application/json')) {
    const chunks: Buffer[] = []
    for await (const chunk of ctx.req) chunks.push(chunk)
    request.body = JSON.parse(Buffer.concat(chunks).toString() || '{}')
  }
  await next()
}

function send(ctx: Context, answer: Answer): void {
  if (answer === 'by hand') ctx.respond = false
  else if ('redirect' in answer) ctx.redirect(answer.redirect)
  else if ('json' in answer) {
    ctx.status = answer.status
    ctx.body = answer.json
  } else ctx.body = 'text' in answer ? answer.text : answer.stream
}
