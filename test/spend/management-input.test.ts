import { describe, expect, test } from 'vitest'
import { send } from '../support/http.js'
import { openManagement, POLICY, refusalOf } from './management-kit.js'

const NAME_RULE = '1 to 100 characters, none of them a control or invisible one, and no space at either end'

describe('a body', () => {
  test.each<[target: string, body: unknown, detail: string]>([
    ['/v1/agents', {}, 'name is missing'],
    ['/v1/agents', { name: '' }, `name must be ${NAME_RULE}`],
    ['/v1/agents', { name: ' a' }, `name must be ${NAME_RULE}`],
    ['/v1/agents', { name: 'a\u200bb' }, `name must be ${NAME_RULE}`],
    ['/v1/agents', { name: 'a', status: 'retired' }, 'status must be one of active, suspended'],
    ['/v1/agents', { name: 'a', status: null }, 'status must be one of active, suspended'],
    ['/v1/agents', { name: 'a', colour: 'red' }, 'The body has members other than name, status'],
    ['/v1/agents', { name: 'a', id: 'agt_1' }, 'The body has members other than name, status'],
    ['/v1/agents', '{"name":"a"', 'The body is not valid JSON'],
    ['/v1/agents', '["a"]', 'The body must be a JSON object'],
    [
      '/v1/spending-authorities',
      {
        agent_id: 7,
        policy_id: 'a b',
        name: 3,
        mode: 'strict',
        valid_from: '2026-02-30T00:00:00Z',
        valid_until: 1_800_000_000_000,
        processor_account_ids: 'issuer-one',
      },
      `agent_id must be the id of a record. policy_id must be the id of a record. name must be ${NAME_RULE}. ` +
        'mode must be one of observe, enforce. valid_from must be a time such as 2030-01-31T00:00:00Z, or null. ' +
        'valid_until must be a time such as 2030-01-31T00:00:00Z, or null. ' +
        'processor_account_ids must be a list of at most 100 account ids',
    ],
    [
      '/v1/spending-authorities',
      { name: 'a', mandateId: 'x' },
      'The body has members other than agent_id, policy_id, name, mode, status, valid_from, valid_until, processor_account_ids',
    ],
    [
      '/v1/bindings',
      { spending_authority_id: 'sa_1' },
      'instrument.type is missing. instrument.id is missing'.replaceAll('instrument.', 'instrument_'),
    ],
    [
      '/v1/bindings',
      { spending_authority_id: 'sa_1', instrument_type: 'cheque', instrument_id: 'a\u0000' },
      'instrument_type must be one of card, token, wallet, api_key. instrument_id must be a text of 1 to 200 ' +
        'characters, none of them a control character, without spaces around it',
    ],
    [
      '/v1/bindings',
      { spending_authority_id: 'sa_1', instrument_type: 'wallet', instrument_id: 'no address' },
      'instrument_id must be a Solana address',
    ],
    ['/v1/policies', { name: 'limits nothing' }, expect.stringContaining('budgets') as never],
    [
      '/v1/policies',
      {
        ...POLICY,
        budgets: [
          POLICY.budgets?.[0],
          { name: 'b', amount: 1.5, currency: 'USD', window: { calendar: 'day', time_zone: 'Mars/Olympus' } },
        ],
      },
      expect.stringMatching(
        /budgets\[1\]\.amount must be .+\. budgets\[1\]\.window\.time_zone must be /,
      ) as never,
    ],
    [
      '/v1/policies',
      { ...POLICY, budget: [] },
      expect.stringMatching(/^budget is not a member; known are /) as never,
    ],
    [
      '/v1/policies',
      { ...POLICY, currencies: ['EUR'] },
      expect.stringMatching(/per_transaction\[0\]|currencies/) as never,
    ],
  ])('of POST %s is refused with what is wrong, %#', async (target, body, detail) => {
    const { post, get } = await openManagement()
    expect(refusalOf(await post(target, body))).toEqual([400, 'body_invalid', detail])
    const [list] = Object.values((await get(target)).json())
    expect(list).toEqual([])
  })

  test.each([
    ['agents', { name: 5, status: 'suspended' }],
    ['agents', { name: 'new', status: 'gone' }],
    ['spending-authorities', { name: 'new', mode: 'off' }],
    ['spending-authorities', { name: 'new', valid_from: 'tomorrow' }],
    ['spending-authorities', { name: 'new', status: null }],
    ['spending-authorities', { name: 'new', agent_id: 'agt_1' }],
    ['policies', {}],
    ['policies', { policy: POLICY }],
    ['bindings', { instrument_id: 'another' }],
    ['bindings', { status: 'lost' }],
  ])('of PATCH changes all of what it names or nothing: %s, %#', async (name, change) => {
    const { grant, get, patch } = await openManagement()
    const { agentId, mandateId, policyId, bindingId } = await grant()
    const ids = {
      agents: agentId,
      'spending-authorities': mandateId,
      policies: policyId,
      bindings: bindingId,
    }
    const path = `/v1/${name}/${ids[name as keyof typeof ids]}`
    const before = (await get(path)).json()
    expect(refusalOf(await patch(path, change)).slice(0, 2)).toEqual([400, 'body_invalid'])
    expect((await get(path)).json()).toEqual(before)
  })

  test('tells ten things that are wrong, and how many more', async () => {
    const { post } = await openManagement()
    const budgets = Array.from({ length: 15 }, (_, at) => ({
      name: `b${at}`,
      amount: -1,
      currency: 'USD',
      window: 'lifetime',
    }))
    const [status, code, detail] = refusalOf(await post('/v1/policies', { ...POLICY, budgets }))
    expect([status, code]).toEqual([400, 'body_invalid'])
    expect(
      String(detail)
        .split('. ')
        .slice(0, 10)
        .every((told, at) => told.startsWith(`budgets[${at}].amount`)),
    ).toBe(true)
    expect(String(detail)).toMatch(/\. And 5 more$/)
  })

  test('of a policy may have 256 KiB, and any other 16', async () => {
    const { post, patch, get } = await openManagement()
    const names = (length: number) =>
      Array.from({ length }, (_, at) => `${at} `.padEnd(200, 'x').slice(0, 190 + (at % 10)))
    const large = { ...POLICY, merchants: { allow: names(900) } }
    expect(JSON.stringify(large).length).toBeGreaterThan(170_000)
    const made = await post('/v1/policies', large)
    expect(made.status).toBe(201)
    const path = `/v1/policies/${String(made.json().policy_id)}`
    expect((await get(path)).json()).toEqual(made.json())
    expect((await patch(path, large)).status).toBe(200)
    const padded = (bytes: number) => JSON.stringify(POLICY).padEnd(bytes, ' ')
    expect((await post('/v1/policies', padded(262_144))).status).toBe(201)
    const tooLarge = await post('/v1/policies', padded(262_145))
    expect(refusalOf(tooLarge)).toEqual([413, 'body_too_large', 'The body may have at most 262144 bytes'])
    const agent = await post('/v1/agents', JSON.stringify({ name: 'a' }).padEnd(16_385, ' '))
    expect(refusalOf(agent)).toEqual([413, 'body_too_large', 'The body may have at most 16384 bytes'])
  })

  test('that is not JSON by its media type is refused', async () => {
    const { app, enterprise } = await openManagement()
    const headers = [...enterprise.headers(), ['Content-Type', 'text/plain'] as const]
    const answer = await send(app.origin, {
      method: 'POST',
      target: '/v1/agents',
      headers,
      body: '{"name":"a"}',
    })
    expect(refusalOf(answer).slice(0, 2)).toEqual([415, 'media_type_unsupported'])
  })
})

describe('the time in which a spending authority is in force', () => {
  test('must not end before it begins, also where only one end is changed', async () => {
    const { post, get, patch, makeAuthority } = await openManagement()
    const { agent, policy, authority } = await makeAuthority({ valid_from: '2026-02-01T00:00:00Z' })
    const wrong = [400, 'body_invalid', 'valid_until must be after the time from which it is in force']
    const create = (valid_until: string) =>
      post('/v1/spending-authorities', {
        agent_id: agent,
        policy_id: policy,
        name: 'x',
        valid_from: '2026-02-01T00:00:00Z',
        valid_until,
      })
    expect(refusalOf(await create('2026-01-31T23:59:59Z'))).toEqual(wrong)
    expect(refusalOf(await create('2026-02-01T00:00:00Z'))).toEqual(wrong)
    const path = `/v1/spending-authorities/${authority}`
    expect(refusalOf(await patch(path, { valid_until: '2026-01-01T00:00:00Z' }))).toEqual(wrong)
    expect((await get(path)).json().valid_until).toBeNull()
    const later = { valid_from: '2026-05-01T00:00:00Z', valid_until: '2026-06-01T00:00:00Z' }
    expect((await patch(path, later)).status).toBe(200)
    expect(refusalOf(await patch(path, { valid_from: '2026-07-01T00:00:00Z' }))).toEqual(wrong)
    expect((await patch(path, { valid_from: null })).json()).toMatchObject({ valid_from: null })
  })

  test('bounds what may be spent', async () => {
    const { grant, authorize, patch, clock } = await openManagement()
    const { mandateId, instrument } = await grant()
    const times = { valid_from: '2026-01-01T01:00:00Z', valid_until: '2026-01-01T02:00:00Z' }
    await patch(`/v1/spending-authorities/${mandateId}`, times)
    const ask = async () =>
      (await authorize({ instrument_id: instrument.id, amount: 1, currency: 'USD' })).json().reason_code
    expect(await ask()).toBe('SPENDING_AUTHORITY_NOT_IN_FORCE')
    clock.advance(3_600_000)
    expect(await ask()).toBe('POLICY_MATCH')
    clock.advance(3_600_000)
    expect(await ask()).toBe('SPENDING_AUTHORITY_NOT_IN_FORCE')
  })
})
