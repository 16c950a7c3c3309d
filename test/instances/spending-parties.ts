import { mintToken } from 'sallyport/testing'
import type { Answer, Client } from './http.js'
import type { Instance } from './run-instance.js'
import { ORDERS } from './spec.js'
import { expectStatus } from './wallet-caller.js'

/** What the policy of an agent says, and what it is watched by. */
export interface Terms {
  /** In cents, over its lifetime. */
  readonly budget: number
  readonly mode?: 'observe' | 'enforce'
}

/** An agent that may spend, and who asks for it. */
export interface Spender {
  /** Asks as the processor. */
  authorize(client: Client, amount: number, idempotencyKey?: string): Promise<Answer>
  capture(client: Client, authorizationId: string, body?: object): Promise<Answer>
  readAuthorization(client: Client, authorizationId: string): Promise<Answer>
  /** Orders as the agent, at the merchant's own route. */
  order(client: Client, body: object): Promise<Answer>
}

/** Makes an agent with a budget, a card that a processor knows, and an API key of its own. */
export async function makeSpender(
  instance: Instance,
  client: Client,
  { budget, mode = 'enforce' }: Terms,
): Promise<Spender> {
  const pair = await instance.call('issueSharedSecret', { accountId: 'acme', role: 'enterprise' })
  const processorPair = await instance.call('issueSharedSecret', { accountId: 'payments', role: 'processor' })
  const key = await instance.call('issueApiKey', { accountId: 'acme' })
  const enterprise = { authorization: `Bearer ${await mintToken(pair, { nowMs: Date.now() })}` }
  const processor = { authorization: `Bearer ${await mintToken(processorPair, { nowMs: Date.now() })}` }
  const make = async (path: string, body: object, id: string) => {
    const made = await client.ask({ method: 'POST', path, headers: enterprise, body })
    return String(expectStatus(made, 201)[id])
  }
  const agent_id = await make('/v1/agents', { name: 'buyer' }, 'agent_id')
  const budgets = [{ name: 'ever', amount: budget, currency: 'EUR', window: 'lifetime' }]
  const policy_id = await make('/v1/policies', { name: 'terms', budgets }, 'policy_id')
  const mandate = { agent_id, policy_id, name: 'buying', mode, processor_account_ids: ['payments'] }
  const spending_authority_id = await make('/v1/spending-authorities', mandate, 'spending_authority_id')
  const card = `card-${agent_id}`
  for (const [instrument_type, instrument_id] of [
    ['card', card],
    ['api_key', key.credentialId],
  ]) {
    await make('/v1/bindings', { spending_authority_id, instrument_type, instrument_id }, 'binding_id')
  }
  return {
    authorize(asked, amount, idempotencyKey) {
      const body = { instrument_id: card, merchant: 'Figma Inc.', mcc: 7372, amount, currency: 'EUR' }
      const headers = { ...processor, ...(idempotencyKey && { 'idempotency-key': idempotencyKey }) }
      return asked.ask({ method: 'POST', path: '/v1/authorize', headers, body })
    },
    capture: (asked, id, body = {}) =>
      asked.ask({ method: 'POST', path: `/v1/authorizations/${id}/capture`, headers: processor, body }),
    readAuthorization: (asked, id) => asked.ask({ path: `/v1/authorizations/${id}`, headers: processor }),
    order: (asked, body) =>
      asked.ask({ method: 'POST', path: ORDERS, headers: { authorization: `Bearer ${key.key}` }, body }),
  }
}
