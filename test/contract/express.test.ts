import type express5 from 'express'
import { getAccess, requireAccess, routes } from 'sallyport/express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { expressMajors } from '../harness/adapters/express.js'
import { createJournal, listen } from '../harness/adapters/listen.js'
import { ALICE } from '../support/addresses.js'
import { send } from '../support/http.js'
import { bearer } from '../support/requests.js'
import { createWorld } from './adapter/world.js'

describe.each(Object.entries(expressMajors))('on %s', (_name, express) => {
  async function serve(app: express5.Express) {
    const journal = createJournal()
    const note: express5.ErrorRequestHandler = (error, _req, _res, next) => {
      journal.errors.push(error)
      next(error)
    }
    app.use(note)
    const running = await listen(app, journal)
    onTestFinished(() => running.close())
    return running
  }

  // As a timeout of the host's does.
  const answerAtOnce: express5.RequestHandler = (_req, res, next) => {
    next()
    res.status(504).json({ late: true })
  }

  test('an answer that comes too late is dropped, and nothing breaks', async () => {
    const { gate, members, alice, events } = await createWorld()
    const app = express()
    app.use(answerAtOnce)
    app.use(routes(gate, { check: { balance: members } }))
    app.use(requireAccess(gate))
    const { origin, errors } = await serve(app)
    const post = { method: 'POST', target: '/v1/access/check', body: JSON.stringify({ owner: ALICE }) }
    const headers = [['Content-Type', 'application/json'], ...alice] as const
    expect((await send(origin, { ...post, headers })).json()).toEqual({ late: true })
    const unknown = [bearer(`acto_${'A'.repeat(43)}`)]
    expect((await send(origin, { target: '/v1/proofs', headers: unknown })).json()).toEqual({ late: true })
    // Whether the endpoint could still read the body of a request that was answered is nobody's concern.
    const guards = () => events.map(({ code }) => code).filter((code) => code !== 'body_invalid')
    await expect.poll(guards).toEqual(['allowed', 'credential_invalid'])
    expect(errors).toEqual([])
  })

  test('a guard sees the parameters of its route, and app.all and app.route are guarded alike', async () => {
    const { gate, alice } = await createWorld()
    const own = gate.with({ policy: ({ native }) => (native as express5.Request).params.id === 'mine' })
    const app = express()
    app.all('/v1/all/:id', requireAccess(own), (req, res) => {
      res.json({ account: getAccess(req, own).principal.accountId })
    })
    app
      .route('/v1/route/:id')
      .all(requireAccess(own))
      .get((req, res) => {
        res.json({ account: getAccess(req, own).principal.accountId })
      })
    const { origin } = await serve(app)
    for (const path of ['/v1/all', '/v1/route']) {
      expect((await send(origin, { target: `${path}/mine`, headers: alice })).json()).toEqual({
        account: 'robots',
      })
      expect((await send(origin, { target: `${path}/yours`, headers: alice })).status).toBe(403)
      expect((await send(origin, { target: `${path}/mine` })).status).toBe(401)
    }
  })
})
