import { pipeline } from 'node:stream'
import type express5 from 'express'
import { getSpend, optionalAccess, requireAccess, reserveSpend } from 'sallyport/express'
import { expressMajors } from '../harness/adapters/express.js'
import { createJournal, listen } from '../harness/adapters/listen.js'
import { type Answer, ORDERS, type SpendAppDescription, type SpendHarness } from './spend-app.js'

export const expressSpendHarnesses: readonly SpendHarness[] = Object.entries(expressMajors).map(
  ([name, framework]) => ({ name, start: (description) => start(framework, description) }),
)

async function start(framework: typeof express5, description: SpendAppDescription) {
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
  const app = framework()
  const guardBy = (intend: SpendAppDescription['intend']) =>
    reserveSpend(
      gate,
      ({ access, body, native }) =>
        // What tests answer is often nothing that types would let through.
        intend({ access, body, header: (name) => native.get(name) }) as never,
    )
  const guards = [intend, ...(intendNext === undefined ? [] : [intendNext])].map(guardBy)
  const handler: express5.RequestHandler = (req, res, next) => {
    journal.ran.push('order')
    const spend = takesSpend ? getSpend(req) : (undefined as never)
    const answer = handle({ spend, response: res })
    if (answer instanceof Promise) answer.then((known) => send(res, known)).catch(next)
    else send(res, answer)
  }
  const parser = framework.json({ strict: false })
  const note: express5.ErrorRequestHandler = (error, _req, res, next) => {
    journal.errors.push(error)
    if (res.headersSent) next(error)
    else res.status(error.status ?? 500).json({ failed: true })
  }
  if (entrance === 'optional') app.use(optionalAccess(gate))
  else if (entrance !== null) app.use(requireAccess(entrance))
  app.post(
    ORDERS,
    ...(isBeforeParser ? [] : [parser]),
    (_req, res, next) => {
      before?.(res)
      next()
    },
    ...guards,
    parser,
    handler,
  )
  app.use(note)
  const running = await listen(app, journal)
  return { ...running, entered: () => journal.ran.length }
}

function send(res: express5.Response, answer: Answer): void {
  if (answer === 'by hand') return
  if ('json' in answer) res.status(answer.status).json(answer.json)
  else if ('text' in answer) res.send(answer.text)
  else if ('redirect' in answer) res.redirect(answer.redirect)
  else pipeline(answer.stream, res, () => undefined)
}
