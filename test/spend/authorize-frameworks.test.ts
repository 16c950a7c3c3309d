import { describe, expect, onTestFinished, test } from 'vitest'
import { adapters } from '../registry.js'
import { FIGMA, openSpendSite } from './kit.js'

describe.each(Object.values(adapters).flat())('spending on $name', (harness) => {
  test.each([undefined, 'json', 'text', 'bytes', 'form'] as const)(
    'is authorized, captured, voided and told of, where the host’s parser is %s',
    async (parser) => {
      const site = await openSpendSite({ harness, app: () => (parser === undefined ? {} : { parser }) })
      onTestFinished(() => site.app.close())
      const { grant, authorize, ask, enterprise, processor } = site
      const { instrument, agentId } = await grant()
      const asked = { instrument_id: instrument.id, ...FIGMA }
      const first = await authorize(asked, { key: 'k' })
      expect(first.json()).toMatchObject({ decision: 'APPROVE', budgets: [{ remaining: 8_800 }] })
      expect((await authorize(asked, { key: 'k' })).body).toBe(first.body)
      expect((await authorize({ ...asked, amount: 1 }, { key: 'k' })).status).toBe(422)
      const path = `/v1/authorizations/${String(first.json().authorization_id)}`
      const captured = await ask(processor, 'POST', `${path}/capture`, { amount: 1_000 })
      expect(captured.json()).toMatchObject({ status: 'captured', captured_amount: 1_000 })
      expect((await ask(processor, 'POST', `${path}/void`)).json()).toMatchObject({
        code: 'already_committed',
      })
      expect((await ask(processor, 'GET', path)).json()).toMatchObject({ status: 'captured' })
      expect((await ask(enterprise, 'POST', '/v1/intents/validate', asked)).json()).toMatchObject({
        budgets: [{ remaining: 7_800 }],
      })
      const log = (await ask(enterprise, 'GET', `/v1/decisions?agent_id=${agentId}&limit=1`)).json()
      expect(log).toMatchObject({ decisions: [{ purpose: 'intent' }], next_cursor: expect.any(String) })
      expect((await ask(enterprise, 'GET', `/v1/agents/${agentId}`)).json()).toMatchObject({ name: 'buyer' })
      expect((await ask(processor, 'GET', `/v1/agents/${agentId}`)).json().code).toBe('role_mismatch')
      expect(site.app.errors).toEqual([])
    },
  )
})
