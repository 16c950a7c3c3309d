import { describe, expect, it } from 'vitest'
import { freshStore, isMissing, type StoreKind } from './fresh-store.js'
import { type Answer, type Client, connectTo } from './http.js'
import { type Instance, startInstances } from './run-instance.js'
import { type Scope, withScope } from './scope.js'
import { makeSpender, type Spender, type Terms } from './spending-parties.js'

const KINDS: readonly StoreKind[] = ['postgres', 'ioredis', 'node-redis', 'composed', 'sqlite']
const INSTANCES = 3
const CONNECTIONS = 16
const PATIENCE_MS = 20_000

for (const kind of KINDS) {
  describe.skipIf(isMissing(kind))(`a budget that three processes share: ${kind}`, () => {
    it(
      'that fits ten lets exactly ten of two hundred pass that come at once',
      () =>
        withScope(async (scope) => {
          const { spender, clients } = await shared(scope, kind, { budget: 1_000 })
          const answers = await Promise.all(times(200, (at) => spender.authorize(turn(clients, at), 100)))
          expect(answers.filter(({ status }) => status !== 200)).toEqual([])
          const approved = answers.filter((answer) => answer.json().decision === 'APPROVE')
          expect(approved).toHaveLength(10)
          const ids = new Set(approved.map((answer) => answer.json().authorization_id))
          expect(ids.size).toBe(10)
          const declined = answers.filter((answer) => answer.json().decision === 'DECLINE')
          expect(new Set(declined.map((answer) => answer.json().reason_code))).toEqual(
            new Set(['BUDGET_EXCEEDED']),
          )
          expect(declined).toHaveLength(190)
        }),
      60_000,
    )

    it(
      'lets the merchant’s own route run ten times of two hundred that come at once',
      () =>
        withScope(async (scope) => {
          const { spender, clients, instances } = await shared(scope, kind, { budget: 1_000 })
          const answers = await Promise.all(
            times(200, (at) => spender.order(turn(clients, at), { amount: 100 })),
          )
          expect(countOf(answers, 200)).toBe(10)
          expect(countOf(answers, 403)).toBe(190)
          expect(await ordersRun(instances)).toBe(10)
        }),
      60_000,
    )

    it(
      'gives fifty requests of one idempotency key one reservation and the same answer',
      () =>
        withScope(async (scope) => {
          const { spender, clients } = await shared(scope, kind, { budget: 1_000 })
          const answers = await Promise.all(
            times(50, (at) => spender.authorize(turn(clients, at), 100, 'the-same-purchase')),
          )
          expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
          expect(answers[0]?.json()).toMatchObject({ decision: 'APPROVE', reason_code: 'POLICY_MATCH' })
          // All of them together have taken once.
          const rest = await spender.authorize(turn(clients, 0), 900)
          expect(rest.json().decision).toBe('APPROVE')
        }),
      60_000,
    )

    it(
      'runs the handler once for fifty requests of one idempotency key',
      () =>
        withScope(async (scope) => {
          const { spender, clients, instances } = await shared(scope, kind, { budget: 1_000 })
          const order = { amount: 100, key: 'the-same-purchase' }
          const answers = await Promise.all(times(50, (at) => spender.order(turn(clients, at), order)))
          expect(await ordersRun(instances)).toBe(1)
          expect(countOf(answers, 200)).toBe(1)
          expect(countOf(answers, 409)).toBe(49)
          const codes = new Set(answers.filter(({ status }) => status === 409).map(codeOf))
          for (const code of codes) expect(['idempotency_in_progress', 'already_committed']).toContain(code)
        }),
      60_000,
    )
  })
}

async function shared(scope: Scope, kind: StoreKind, terms: Terms) {
  const spec = { ...(await freshStore(scope, kind)), portTimeoutMs: PATIENCE_MS }
  const instances = await startInstances(scope, spec, INSTANCES)
  const clients = instances.map(({ origin }) => scope.keep(connectTo(origin, CONNECTIONS)))
  const [instance] = instances
  if (instance === undefined) throw new Error('there is no instance')
  const spender: Spender = await makeSpender(instance, turn(clients, 0), terms)
  return { instances, clients, spender }
}

function turn(clients: readonly Client[], at: number): Client {
  const client = clients[at % clients.length]
  if (client === undefined) throw new Error('there is no client')
  return client
}

function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at))
}

function countOf(answers: readonly Answer[], status: number): number {
  return answers.filter((answer) => answer.status === status).length
}

function codeOf(answer: Answer): unknown {
  return answer.json().code
}

async function ordersRun(instances: readonly Instance[]): Promise<number> {
  const runs = await Promise.all(instances.map((instance) => instance.call('ordersRun')))
  return runs.reduce((sum, run) => sum + run, 0)
}
