import type { IssuedApiKey, IssuedSharedSecret } from 'sallyport'
import type { Body, Step } from './step.js'
import { mintWithLibrary } from './tokens.js'

/** Who has a part in it. */
export interface Cast {
  readonly enterprise: IssuedSharedSecret
  readonly processor: IssuedSharedSecret
  /** The agent's own, of the enterprise's account. */
  readonly agentKey: IssuedApiKey
}

const CARD = 'inst_demo'

/**
 * The life of an agent: its enterprise gives it a budget, watches what it would do, enforces it, and suspends it. It buys
 * at the merchant's own route, and by a card whose processor asks first.
 */
export function writeAgentLife({ enterprise, processor, agentKey }: Cast): readonly Step[] {
  const told: Record<string, string> = {}
  const keep = (member: string) => (body: Body) => {
    told[member] = String(body[member])
  }
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
  const asEnterprise = () => bearer(mintWithLibrary(enterprise))
  const asProcessor = () => bearer(mintWithLibrary(processor))
  const asAgent = (key: string) => ({ ...bearer(agentKey.key), 'Idempotency-Key': key })
  const order = (total: number, key: string) =>
    ({ method: 'POST', path: '/v1/orders', headers: asAgent(key), body: { total } }) as const
  const authorize = (amount: number) =>
    ({
      method: 'POST',
      path: '/v1/authorize',
      headers: asProcessor,
      body: { instrument_id: CARD, merchant: 'Figma Inc.', mcc: 7372, amount, currency: 'EUR' },
    }) as const
  const make = (what: string, path: string, body: Step['body'] & {}, id: string): Step => ({
    what,
    method: 'POST',
    path,
    headers: asEnterprise,
    body,
    after: keep(id),
    expect: { status: 201, rpcCalls: 0 },
  })
  const ok = { status: 200, rpcCalls: 0 } as const

  return [
    make('an enterprise enlists an agent', '/v1/agents', { name: 'office buyer' }, 'agent_id'),
    make('writes a policy: 100 EUR', '/v1/policies', writePolicy(), 'policy_id'),
    make(
      'gives the agent a mandate, to be observed',
      '/v1/spending-authorities',
      () => ({
        agent_id: told.agent_id,
        policy_id: told.policy_id,
        name: 'office supplies',
        processor_account_ids: ['acme-pay'],
      }),
      'spending_authority_id',
    ),
    ...(
      [
        ['api_key', agentKey.credentialId],
        ['card', CARD],
      ] as const
    ).map(([instrument_type, instrument_id]) =>
      make(
        `binds its ${instrument_type} to it`,
        '/v1/bindings',
        () => ({ spending_authority_id: told.spending_authority_id, instrument_type, instrument_id }),
        'binding_id',
      ),
    ),
    {
      what: 'observed: the agent orders for 120 EUR',
      ...order(12_000, 'a'),
      expect: { status: 201, rpcCalls: 0 },
    },
    {
      what: 'the log says what would have been declined',
      path: '/v1/decisions?evaluated=DECLINE',
      headers: asEnterprise,
      after: ({ decisions }) => keep('decision_id')((decisions as readonly Body[])[0] ?? {}),
      expect: ok,
    },
    {
      what: 'and why',
      path: () => `/v1/decisions/${told.decision_id}`,
      headers: asEnterprise,
      expect: {
        ...ok,
        body: { decision: 'APPROVE', evaluated: 'DECLINE', reason_code: 'BUDGET_EXCEEDED', mode: 'observe' },
      },
    },
    {
      what: 'the mandate is enforced',
      method: 'PATCH',
      path: () => `/v1/spending-authorities/${told.spending_authority_id}`,
      headers: asEnterprise,
      body: { mode: 'enforce' },
      expect: { ...ok, body: { mode: 'enforce' } },
    },
    { what: 'the agent orders for 60 EUR', ...order(6_000, 'b'), expect: { status: 201, rpcCalls: 0 } },
    {
      what: 'sends it again, with the same key',
      ...order(6_000, 'b'),
      expect: { status: 409, code: 'already_committed', rpcCalls: 0 },
    },
    {
      what: 'orders for another 60 EUR',
      ...order(6_000, 'c'),
      expect: { status: 403, code: 'spend_denied', rpcCalls: 0, body: { reason_code: 'BUDGET_EXCEEDED' } },
    },
    {
      what: 'pays 30 EUR by card: the processor asks',
      ...authorize(3_000),
      after: keep('authorization_id'),
      expect: { ...ok, body: { decision: 'APPROVE', reason_code: 'POLICY_MATCH' } },
    },
    {
      what: 'the processor captures 25 EUR of it',
      method: 'POST',
      path: () => `/v1/authorizations/${told.authorization_id}/capture`,
      headers: asProcessor,
      body: { amount: 2_500 },
      expect: { ...ok, body: { captured_amount: 2_500 } },
    },
    {
      what: 'asks for 16 EUR; 15 are left',
      ...authorize(1_600),
      expect: { ...ok, body: { decision: 'DECLINE', reason_code: 'BUDGET_EXCEEDED' } },
    },
    {
      what: 'the enterprise suspends the agent',
      method: 'PATCH',
      path: () => `/v1/agents/${told.agent_id}`,
      headers: asEnterprise,
      body: { status: 'suspended' },
      expect: { ...ok, body: { status: 'suspended' } },
    },
    {
      what: 'the agent orders for 1 EUR',
      ...order(100, 'd'),
      expect: { status: 403, code: 'spend_denied', rpcCalls: 0, body: { reason_code: 'AGENT_INACTIVE' } },
    },
    {
      what: 'and by card',
      ...authorize(100),
      expect: { ...ok, body: { decision: 'DECLINE', reason_code: 'AGENT_INACTIVE' } },
    },
  ]
}

function writePolicy(): object {
  const window = { calendar: 'month', time_zone: 'Europe/Berlin' }
  return { name: 'office supplies', budgets: [{ name: 'monthly', amount: 10_000, currency: 'EUR', window }] }
}
