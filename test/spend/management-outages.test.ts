import type { StoreFaults } from 'sallyport/testing'
import { describe, expect, test } from 'vitest'
import { openManagement, POLICY } from './management-kit.js'

const UNKNOWN_OUTCOME = 'It is not known whether this was done. Look before you send it again.'
const TRY_AGAIN = 'The request could not be decided. Try again shortly.'

describe('an outage of the store', () => {
  test.each<[what: string, failing: StoreFaults['failing'], retryable: boolean, detail: string]>([
    ['before anything is written', ['readSpendRecord'], true, TRY_AGAIN],
    ['while it is written', ['addSpendRecord', 'changeSpendRecord'], false, UNKNOWN_OUTCOME],
  ])('%s says whether it may have been done', async (_what, failing, retryable, detail) => {
    const { makeAuthority, make, post, patch, get, faults } = await openManagement()
    const { agent, policy, authority } = await makeAuthority()
    const binding = await make('/v1/bindings', {
      spending_authority_id: authority,
      instrument_type: 'card',
      instrument_id: 'inst_1',
    })
    const before = (await get(`/v1/agents/${agent}`)).json()
    faults.failing = failing
    const answers = [
      await post('/v1/spending-authorities', { agent_id: agent, policy_id: policy, name: 'x' }),
      await post('/v1/bindings', {
        spending_authority_id: authority,
        instrument_type: 'card',
        instrument_id: 'inst_2',
      }),
      await patch(`/v1/agents/${agent}`, { status: 'suspended' }),
      await patch(`/v1/spending-authorities/${authority}`, { mode: 'enforce' }),
      await patch(`/v1/policies/${policy}`, { ...POLICY, name: 'new' }),
      await patch(`/v1/bindings/${binding}`, { status: 'suspended' }),
    ]
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, retryable ? '2' : undefined])
      expect(answer.json()).toMatchObject({ code: 'dependency_unavailable', retryable, detail })
      expect(answer.body).not.toContain('the store is down')
    }
    faults.failing = undefined
    expect((await get(`/v1/agents/${agent}`)).json()).toEqual(before)
  })

  test.each(['/v1/agents', '/v1/approvals', '/v1/agents/agt_1', '/v1/approvals/apr_1'])(
    'is no empty answer and nothing that is not found: %s',
    async (target) => {
      const { get, faults } = await openManagement()
      faults.failing = ['readSpendRecord', 'listSpendRecords']
      const answer = await get(target)
      expect([answer.status, answer.json().retryable]).toEqual([503, true])
    },
  )

  test('while it is found out whose a key or a wallet is binds nothing', async () => {
    const { makeAuthority, post, get, faults, store } = await openManagement()
    const { authority } = await makeAuthority()
    const { credentialId } = await store.issueApiKey({ accountId: 'acme' })
    faults.failing = ['readCredential', 'listCredentials']
    for (const [instrument_type, instrument_id] of [
      ['api_key', credentialId],
      ['wallet', '7EqQdEULxWcraVx3mXKFjc84LhCkMGZCkRuDpvcMwJeK'],
    ]) {
      const body = { spending_authority_id: authority, instrument_type, instrument_id }
      expect((await post('/v1/bindings', body)).status).toBe(503)
    }
    expect((await get('/v1/bindings')).json().bindings).toEqual([])
  })

  test('that never answers ends with the time that a port may take', async () => {
    const { post, faults, get } = await openManagement({ gate: { portTimeoutMs: 50 } })
    faults.failing = ['addSpendRecord']
    faults.manner = 'hang'
    const answer = await post('/v1/agents', { name: 'a' })
    expect([answer.status, answer.json().retryable]).toEqual([503, false])
    expect((await get('/v1/agents')).status).toBe(200)
  })
})
