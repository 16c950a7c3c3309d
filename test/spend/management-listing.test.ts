import { describe, expect, test } from 'vitest'
import { FIGMA } from './kit.js'
import { type Json, openManagement, POLICY, refusalOf } from './management-kit.js'

/** Every page of a list, and every cursor. */
async function pagesOf(get: (target: string) => Promise<{ json(): Json }>, target: string, name: string) {
  const pages: Json[][] = []
  let cursor: unknown = ''
  while (cursor !== null) {
    const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(String(cursor))}`
    const page = (await get(`${target}${after}`)).json()
    pages.push(page[name] as Json[])
    cursor = page.next_cursor
  }
  return pages
}

describe('a list', () => {
  test('goes page by page through what was made in one moment, each once, the oldest first', async () => {
    const { make, get, clock } = await openManagement()
    const made: string[] = []
    for (let at = 0; at < 7; at++) {
      if (at === 5) clock.advance(1)
      made.push(await make('/v1/agents', { name: `agent ${at}` }))
    }
    const pages = await pagesOf(get, '/v1/agents?limit=2', 'agents')
    expect(pages.map((page) => page.length)).toEqual([2, 2, 2, 1])
    const ids = pages.flat().map(({ agent_id }) => String(agent_id))
    expect(ids.slice(0, 5).sort()).toEqual(made.slice(0, 5).sort())
    expect(ids.slice(5).sort()).toEqual(made.slice(5).sort())
    expect(await pagesOf(get, '/v1/agents?limit=7', 'agents')).toHaveLength(1)
  })

  test('leaves nothing out that is changed, or made, between two pages', async () => {
    const { make, get, patch, clock } = await openManagement()
    for (let at = 0; at < 4; at++) {
      await make('/v1/agents', { name: `agent ${at}` })
      clock.advance(1)
    }
    const first = (await get('/v1/agents?limit=2')).json()
    const [seen] = first.agents as Json[]
    await patch(`/v1/agents/${String(seen?.agent_id)}`, { status: 'suspended' })
    await make('/v1/agents', { name: 'agent 4' })
    const rest = (await get(`/v1/agents?cursor=${encodeURIComponent(String(first.next_cursor))}`)).json()
    expect((rest.agents as Json[]).map(({ name }) => name)).toEqual(['agent 2', 'agent 3', 'agent 4'])
  })

  test('is of one agent, or of one spending authority, where that is asked for', async () => {
    const { makeAuthority, make, get } = await openManagement()
    const [one, other] = [await makeAuthority(), await makeAuthority()]
    const second = await make('/v1/spending-authorities', {
      agent_id: one.agent,
      policy_id: other.policy,
      name: 'second',
    })
    const bind = (authority: string, instrument_id: string) =>
      make('/v1/bindings', { spending_authority_id: authority, instrument_type: 'card', instrument_id })
    const bound = [await bind(one.authority, 'a'), await bind(one.authority, 'b')]
    await bind(other.authority, 'c')
    const authorities = await pagesOf(
      get,
      `/v1/spending-authorities?limit=1&agent_id=${one.agent}`,
      'spending_authorities',
    )
    expect(
      authorities
        .flat()
        .map(({ spending_authority_id }) => spending_authority_id)
        .sort(),
    ).toEqual([one.authority, second].sort())
    const bindings = await pagesOf(
      get,
      `/v1/bindings?limit=1&spending_authority_id=${one.authority}`,
      'bindings',
    )
    expect(
      bindings
        .flat()
        .map(({ binding_id }) => binding_id)
        .sort(),
    ).toEqual(bound.sort())
    for (const target of [
      `/v1/bindings?spending_authority_id=${one.agent}`,
      '/v1/spending-authorities?agent_id=agt_1',
    ]) {
      expect(Object.values((await get(target)).json())).toEqual([[], null])
    }
  })

  test.each([
    ['/v1/agents?limit=0', 'limit must be a whole number from 1 to 100'],
    ['/v1/agents?limit=101', 'limit must be a whole number from 1 to 100'],
    ['/v1/agents?limit=1&limit=2', 'limit is there more than once'],
    ['/v1/agents?cursor=x', 'cursor must be the next_cursor of an earlier answer'],
    ['/v1/agents?cursor=', 'cursor must be the next_cursor of an earlier answer'],
    ['/v1/agents?agent_id=x', 'The query has parameters other than limit, cursor'],
    ['/v1/policies?spending_authority_id=x', 'The query has parameters other than limit, cursor'],
    ['/v1/spending-authorities?agent_id=', 'agent_id must be an id'],
    ['/v1/bindings?spending_authority_id=a%20b', 'spending_authority_id must be an id'],
    ['/v1/approvals?spending_authority_id=%00', 'spending_authority_id must be an id'],
    ['/v1/bindings?agent_id=x', 'The query has parameters other than limit, cursor, spending_authority_id'],
  ])('refuses what it does not know: %s', async (target, detail) => {
    const { get } = await openManagement()
    expect(refusalOf(await get(target))).toEqual([400, 'body_invalid', detail])
  })
})

describe('an account with 10,000 policies', () => {
  test('makes one more, finds each, pages through all of them and spends under the last', async () => {
    const { store, make, get, post, authorize, enterprise, grant } = await openManagement()
    const { policyId: model } = await grant()
    const record = await store.readSpendRecord('policy', model, { signal: new AbortController().signal })
    if (record === undefined) throw new Error('the policy is not there')
    const ids = Array.from({ length: 9_999 }, (_, at) => `pol_${String(at).padStart(5, '0')}`)
    for (const id of ids) {
      await store.addSpendRecord({ ...record, id }, { signal: new AbortController().signal })
    }
    expect(record.accountId).toBe(enterprise.accountId)
    const agent = await make('/v1/agents', { name: 'buyer' })
    const last = await post('/v1/policies', { ...POLICY, name: 'the last' })
    expect(last.status).toBe(201)
    const { policy_id } = last.json()
    const pages = await pagesOf(get, '/v1/policies?limit=100', 'policies')
    expect(pages.map((page) => page.length)).toEqual([...Array.from({ length: 100 }, () => 100), 1])
    const found = pages.flat().map(({ policy_id: id }) => String(id))
    expect(new Set(found)).toEqual(new Set([...ids, model, String(policy_id)]))
    expect((await get('/v1/policies/pol_05000')).json().policy_id).toBe('pol_05000')
    const authority = await make('/v1/spending-authorities', {
      agent_id: agent,
      policy_id,
      name: 'x',
      mode: 'enforce',
      processor_account_ids: ['issuer-one'],
    })
    await make('/v1/bindings', {
      spending_authority_id: authority,
      instrument_type: 'card',
      instrument_id: 'inst_last',
    })
    const answer = await authorize({ ...FIGMA, instrument_id: 'inst_last' })
    expect(answer.json()).toMatchObject({ decision: 'APPROVE', reason_code: 'POLICY_MATCH' })
  })
})
