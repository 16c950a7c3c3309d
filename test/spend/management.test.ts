import { describe, expect, test } from 'vitest'
import { FIGMA } from './kit.js'
import { openManagement, POLICY, refusalOf, wholeOf } from './management-kit.js'

const NOW = '2026-01-01T00:00:00.000Z'
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const UNKNOWN = '00000000-0000-4000-8000-000000000000'

describe('an agent', () => {
  test('is made, read, listed, renamed, suspended, active again and retired for good', async () => {
    const { post, get, patch } = await openManagement()
    const made = await post('/v1/agents', { name: 'office buyer' })
    expect(made.status).toBe(201)
    expect(made.headers.get('cache-control')).toBe('no-store')
    const agent = made.json()
    expect(agent).toEqual({
      agent_id: expect.stringMatching(new RegExp(`^agt_${UUID}$`)),
      name: 'office buyer',
      status: 'active',
      created_at: NOW,
    })
    const path = `/v1/agents/${String(agent.agent_id)}`
    expect((await get(path)).json()).toEqual(agent)
    expect((await get('/v1/agents')).json()).toEqual({ agents: [agent], next_cursor: null })

    const renamed = await patch(path, { name: 'buyer 2' })
    expect([renamed.status, renamed.json()]).toEqual([200, { ...agent, name: 'buyer 2' }])
    for (const status of ['suspended', 'active', 'suspended', 'retired', 'retired']) {
      expect((await patch(path, { status })).json()).toEqual({ ...agent, name: 'buyer 2', status })
    }
    const final = [400, 'body_invalid', 'status is retired, and what is retired is not changed any more']
    expect(refusalOf(await patch(path, { status: 'active' }))).toEqual(final)
    expect(refusalOf(await patch(path, { name: 'phoenix' }))).toEqual(final)
    expect((await get(path)).json()).toEqual({ ...agent, name: 'buyer 2', status: 'retired' })
  })

  test('that is suspended is declined at once', async () => {
    const { grant, authorize, patch } = await openManagement()
    const { agentId, instrument } = await grant()
    const ask = async () => (await authorize({ ...FIGMA, instrument_id: instrument.id })).json().reason_code
    expect(await ask()).toBe('POLICY_MATCH')
    await patch(`/v1/agents/${agentId}`, { status: 'suspended' })
    expect(await ask()).toBe('AGENT_INACTIVE')
    await patch(`/v1/agents/${agentId}`, { status: 'active' })
    expect(await ask()).toBe('POLICY_MATCH')
  })
})

describe('a spending authority', () => {
  test('only observes, is in force for ever and names nobody, unless it says otherwise', async () => {
    const { post, get, make } = await openManagement()
    const agent_id = await make('/v1/agents', { name: 'buyer' })
    const policy_id = await make('/v1/policies', POLICY)
    const made = await post('/v1/spending-authorities', { agent_id, policy_id, name: 'office' })
    expect([made.status, made.json()]).toEqual([
      201,
      {
        spending_authority_id: expect.stringMatching(new RegExp(`^sa_${UUID}$`)),
        agent_id,
        policy_id,
        name: 'office',
        mode: 'observe',
        status: 'active',
        valid_from: null,
        valid_until: null,
        processor_account_ids: [],
        created_at: NOW,
      },
    ])
    const path = `/v1/spending-authorities/${String(made.json().spending_authority_id)}`
    expect((await get(path)).json()).toEqual(made.json())
  })

  test('is what it was asked to be, and each member can be changed but its agent', async () => {
    const { get, patch, make, makeAuthority } = await openManagement()
    const first = {
      mode: 'enforce',
      status: 'suspended',
      valid_from: '2026-01-01T01:00:00+01:00',
      valid_until: '2026-02-01T00:00:00Z',
      processor_account_ids: ['issuer-one', 'issuer-two', 'issuer-one'],
    }
    const { agent, authority } = await makeAuthority(first)
    const path = `/v1/spending-authorities/${authority}`
    const told = (await get(path)).json()
    expect(told).toMatchObject({
      ...first,
      valid_from: '2026-01-01T00:00:00.000Z',
      valid_until: '2026-02-01T00:00:00.000Z',
      processor_account_ids: ['issuer-one', 'issuer-two'],
    })
    const changes = {
      policy_id: await make('/v1/policies', { ...POLICY, name: 'another' }),
      name: 'travel',
      mode: 'observe',
      status: 'active',
      valid_from: null,
      valid_until: '2026-03-01T00:00:00.000Z',
      processor_account_ids: [],
    }
    for (const [name, value] of Object.entries(changes)) {
      const changed = await patch(path, { [name]: value })
      expect([changed.status, changed.json()[name]]).toEqual([200, value])
    }
    expect((await get(path)).json()).toEqual({ ...told, ...changes })
    const other = await make('/v1/agents', { name: 'another' })
    expect((await patch(path, { agent_id: other })).status).toBe(400)
    expect((await get(path)).json().agent_id).toBe(agent)
    await patch(path, { status: 'retired' })
    expect((await patch(path, { mode: 'enforce' })).status).toBe(400)
    expect((await get(path)).json()).toMatchObject({ status: 'retired', mode: 'observe' })
  })

  test('is for an agent and a policy that are there, and an agent that is not retired', async () => {
    const { post, patch, party, make, makeAuthority } = await openManagement()
    const { agent, policy, authority } = await makeAuthority()
    const rival = await party('enterprise', 'rival')
    const foreign = await makeAuthority({}, rival)
    const create = (members: object) =>
      post('/v1/spending-authorities', { name: 'x', agent_id: agent, policy_id: policy, ...members })
    const noAgent = [400, 'body_invalid', 'agent_id names no agent of this account']
    const noPolicy = [400, 'body_invalid', 'policy_id names no policy of this account']
    for (const id of [foreign.agent, `agt_${UNKNOWN}`, policy]) {
      expect(refusalOf(await create({ agent_id: id }))).toEqual(noAgent)
    }
    for (const id of [foreign.policy, `pol_${UNKNOWN}`, agent]) {
      expect(refusalOf(await create({ policy_id: id }))).toEqual(noPolicy)
      expect(refusalOf(await patch(`/v1/spending-authorities/${authority}`, { policy_id: id }))).toEqual(
        noPolicy,
      )
    }
    const retired = await make('/v1/agents', { name: 'old' })
    await patch(`/v1/agents/${retired}`, { status: 'retired' })
    expect(refusalOf(await create({ agent_id: retired, policy_id: `pol_${UNKNOWN}` }))).toEqual([
      400,
      'body_invalid',
      'agent_id names an agent that is retired. policy_id names no policy of this account',
    ])
  })

  test('decides as it was changed from the next request on', async () => {
    const { grant, authorize, patch } = await openManagement()
    const { mandateId, instrument } = await grant()
    const ask = async () =>
      (await authorize({ ...FIGMA, instrument_id: instrument.id, amount: 9_000 })).json()
    expect(await ask()).toMatchObject({ decision: 'DECLINE', mode: 'enforce' })
    await patch(`/v1/spending-authorities/${mandateId}`, { mode: 'observe' })
    expect(await ask()).toMatchObject({ decision: 'APPROVE', mode: 'observe' })
    await patch(`/v1/spending-authorities/${mandateId}`, { processor_account_ids: ['another'] })
    expect(await ask()).toMatchObject({ decision: 'DECLINE', reason_code: 'INSTRUMENT_UNKNOWN' })
  })
})

describe('a policy', () => {
  test('is its document, made whole, and is replaced as a whole', async () => {
    const { post, get, patch } = await openManagement()
    const made = await post('/v1/policies', POLICY)
    expect([made.status, made.json()]).toEqual([
      201,
      {
        policy_id: expect.stringMatching(new RegExp(`^pol_${UUID}$`)),
        policy_version: expect.stringMatching(/^[0-9a-f]{64}$/),
        policy: expect.objectContaining({ name: 'office purchases', currencies: ['USD'] }),
        created_at: NOW,
      },
    ])
    const { policy_id, policy_version, policy } = made.json()
    const path = `/v1/policies/${String(policy_id)}`
    expect((await get(path)).json()).toEqual(made.json())
    // What was answered is a document that can be sent back.
    expect((await patch(path, policy)).json()).toEqual(made.json())
    const replaced = await patch(path, {
      name: 'counted',
      currencies: ['EUR'],
      counts: [{ name: 'daily', count: 3, window: { calendar: 'day', time_zone: 'UTC' } }],
    })
    expect(replaced.status).toBe(200)
    expect(replaced.json().policy_version).not.toBe(policy_version)
    expect(replaced.json().policy).not.toHaveProperty('budgets')
    expect((await get(path)).json()).toEqual(replaced.json())
  })

  test('that is replaced decides the next request, and its version is told', async () => {
    const { grant, authorize, patch, get } = await openManagement()
    const { policyId, instrument } = await grant()
    const ask = async () => (await authorize({ ...FIGMA, instrument_id: instrument.id })).json()
    expect(await ask()).toMatchObject({ decision: 'APPROVE' })
    const tight = { ...POLICY, per_transaction: [{ amount: 1_199, currency: 'USD' }] }
    const { policy_version } = (await patch(`/v1/policies/${policyId}`, tight)).json()
    const declined = await ask()
    expect(declined).toMatchObject({ decision: 'DECLINE', reason_code: 'LIMIT_PER_TRANSACTION' })
    const logged = await get(`/v1/decisions/${String(declined.decision_id)}`)
    expect(logged.json().policy_version).toBe(policy_version)
  })
})

describe('what belongs to another account', () => {
  const resources = ['agents', 'spending-authorities', 'policies', 'bindings'] as const

  test.each(resources)('does not exist, as what never did: %s', async (name) => {
    const { grant, get, patch, party, enterprise } = await openManagement()
    const { agentId, mandateId, policyId, bindingId } = await grant()
    const ids = {
      agents: agentId,
      'spending-authorities': mandateId,
      policies: policyId,
      bindings: bindingId,
    }
    const rival = await party('enterprise', 'rival')
    const path = `/v1/${name}/${ids[name]}`
    const before = (await get(path)).json()
    const change = name === 'policies' ? POLICY : { status: 'suspended' }
    const unknown = `/v1/${name}/agt_${UNKNOWN}`
    expect(wholeOf(await get(path, rival))).toEqual(wholeOf(await get(unknown, enterprise)))
    expect(wholeOf(await patch(path, change, rival))).toEqual(wholeOf(await patch(unknown, change)))
    expect(refusalOf(await patch(path, change, rival)).slice(0, 2)).toEqual([404, 'not_found'])
    expect((await get(`/v1/${name}`, rival)).json()).toEqual({
      [name.replace('-', '_')]: [],
      next_cursor: null,
    })
    expect((await get(path)).json()).toEqual(before)
  })

  test.each([
    ['an id that no store is asked for', encodeURIComponent('a b;drop')],
    ['a very long id', 'a'.repeat(99)],
  ])('is not found either by %s', async (_what, id) => {
    const { get, patch, faults } = await openManagement()
    faults.failing = ['readSpendRecord']
    for (const name of resources) {
      expect((await get(`/v1/${name}/${id}`)).status).toBe(404)
      const change = name === 'policies' ? POLICY : {}
      expect((await patch(`/v1/${name}/${id}`, change)).status).toBe(404)
    }
  })
})

describe('a wrong role', () => {
  const calls = [
    ...['agents', 'spending-authorities', 'policies', 'bindings', 'approvals'].flatMap((name) => [
      ['GET', `/v1/${name}`] as const,
      ['GET', `/v1/${name}/x`] as const,
    ]),
    ...['agents', 'spending-authorities', 'policies', 'bindings'].flatMap((name) => [
      ['POST', `/v1/${name}`] as const,
      ['PATCH', `/v1/${name}/x`] as const,
    ]),
    ['POST', '/v1/approvals/x/approve'] as const,
    ['POST', '/v1/approvals/x/reject'] as const,
    ['POST', '/v1/simulate'] as const,
  ]

  test.each(calls)('is refused before anything is read: %s %s', async (method, target) => {
    const { ask, processor, party, app, faults } = await openManagement()
    const nobody = await party(null, 'acme')
    faults.failing = ['readSpendRecord', 'listSpendRecords', 'addSpendRecord', 'changeSpendRecord']
    const body = method === 'GET' ? undefined : '{ not even JSON'
    for (const caller of [processor, nobody]) {
      expect(refusalOf(await ask(caller, method, target, body)).slice(0, 2)).toEqual([403, 'role_mismatch'])
    }
    const stranger = { ...processor, headers: () => [] }
    expect((await ask(stranger, method, target, body)).status).toBe(401)
    expect(app.errors).toEqual([])
  })

  test('is whatever the host does not call an enterprise', async () => {
    const { post, party } = await openManagement({ spend: { enterpriseRole: 'buyer' } })
    expect((await post('/v1/agents', { name: 'a' })).status).toBe(403)
    expect((await post('/v1/agents', { name: 'a' }, await party('buyer', 'acme'))).status).toBe(201)
  })
})
