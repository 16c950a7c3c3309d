/** One instance that authorizes spending, in a process of its own, over the database that it is told of. */
import fastify from 'fastify'
import { createGate, type ManagedStore, type SpendStore, sharedSecretJwt } from 'sallyport'
import { routes } from 'sallyport/fastify'
import { manageSpending } from 'sallyport/spending'
import { mintToken } from 'sallyport/testing'
import { answerParent } from '../child.js'
import { AGENTS, type Place, PROCESSOR, type Service } from './names.js'

const SEALING_KEYS = [Buffer.alloc(32, 7).toString('base64')]
const ENTERPRISE = 'acme'

async function openStore({ kind, url }: Place): Promise<ManagedStore & SpendStore> {
  if (kind === 'redis') {
    const [{ Redis }, { redisStore }] = await Promise.all([
      import('ioredis'),
      import('sallyport/stores/redis'),
    ])
    return redisStore(new Redis(url), { sealingKeys: SEALING_KEYS })
  }
  const [{ Kysely, PostgresDialect }, { Pool }, { sqlStore }] = await Promise.all([
    import('kysely'),
    import('pg'),
    import('sallyport/stores/sql'),
  ])
  const dialect = new PostgresDialect({ pool: new Pool({ connectionString: url, max: 10 }) })
  return sqlStore(new Kysely<unknown>({ dialect }), { sealingKeys: SEALING_KEYS })
}

/** Every agent has a policy of its own: a limit, two budgets and a count. */
async function enlist(store: ManagedStore & SpendStore): Promise<readonly string[]> {
  const spending = manageSpending(store)
  const cards: string[] = []
  for (let at = 0; at < AGENTS; at++) {
    const agent = await spending.agents.create(ENTERPRISE, { name: `agent ${at}` })
    const policy = await spending.policies.create(ENTERPRISE, {
      name: `policy ${at}`,
      per_transaction: [{ amount: 10_000, currency: 'USD' }],
      budgets: [
        {
          name: 'monthly',
          amount: 1_000_000_000,
          currency: 'USD',
          window: { calendar: 'month', time_zone: 'Europe/Berlin' },
        },
        { name: 'hourly', amount: 100_000_000, currency: 'USD', window: { rolling_seconds: 3_600 } },
      ],
      counts: [{ name: 'daily', count: 1_000_000, window: { calendar: 'day', time_zone: 'UTC' } }],
      mccs: { deny: ['7995'] },
    })
    const mandate = await spending.mandates.create(ENTERPRISE, {
      agentId: agent.id,
      policyId: policy.id,
      name: `mandate ${at}`,
      mode: 'enforce',
      processors: [PROCESSOR],
    })
    const id = `card-${at}`
    await spending.bindings.create(ENTERPRISE, { mandateId: mandate.id, instrument: { type: 'card', id } })
    cards.push(id)
  }
  return cards
}

async function open(place: unknown): Promise<Service> {
  const store = await openStore(place as Place)
  const gate = createGate({ store, methods: [sharedSecretJwt()], portTimeoutMs: 10_000 })
  const cards = await enlist(store)
  const pair = await store.issueSharedSecret({ accountId: PROCESSOR, role: 'processor' })
  const token = await mintToken(pair, { nowMs: Date.now(), lifetimeSeconds: 3_600 })
  const app = fastify()
  await app.register(routes, { gate, spend: true })
  return { origin: await app.listen({ host: '127.0.0.1', port: 0 }), token, cards }
}

answerParent({ open })
