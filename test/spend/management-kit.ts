import { onTestFinished } from 'vitest'
import type { PolicyDocument } from '../../src/spend/policy-document-shape.js'
import type { RawResponse } from '../support/http.js'
import { openSpendSite, type Party, type SpendSite, type SpendSiteOptions } from './kit.js'

export type Json = Record<string, unknown>

export const POLICY: PolicyDocument = {
  name: 'office purchases',
  per_transaction: [{ amount: 5_000, currency: 'USD' }],
  budgets: [
    { name: 'monthly', amount: 10_000, currency: 'USD', window: { calendar: 'month', time_zone: 'UTC' } },
  ],
}

/** A site, and what an enterprise does there. */
export interface ManagementSite extends SpendSite {
  post(target: string, body?: unknown, by?: Party): Promise<RawResponse>
  get(target: string, by?: Party): Promise<RawResponse>
  patch(target: string, body: unknown, by?: Party): Promise<RawResponse>
  /** The id of what was made. Throws where it was not. */
  make(target: string, body: unknown, by?: Party): Promise<string>
  /** Ids of an agent, a policy and a spending authority of both. */
  makeAuthority(members?: Json, by?: Party): Promise<{ agent: string; policy: string; authority: string }>
}

export async function openManagement(options?: SpendSiteOptions): Promise<ManagementSite> {
  const site = await openSpendSite(options)
  onTestFinished(() => site.app.close())
  const { ask, enterprise } = site

  const make: ManagementSite['make'] = async (target, body, by = enterprise) => {
    const answer = await ask(by, 'POST', target, body)
    if (answer.status !== 201) throw new Error(`${target} answered ${answer.status}: ${answer.body}`)
    const id = Object.entries(answer.json()).find(([name]) => ID_OF[target] === name)?.[1]
    return String(id)
  }
  return {
    ...site,
    make,
    post: (target, body, by = enterprise) => ask(by, 'POST', target, body),
    get: (target, by = enterprise) => ask(by, 'GET', target),
    patch: (target, body, by = enterprise) => ask(by, 'PATCH', target, body),
    async makeAuthority(members = {}, by) {
      const agent = await make('/v1/agents', { name: 'buyer' }, by)
      const policy = await make('/v1/policies', POLICY, by)
      const parts = { name: 'office', agent_id: agent, policy_id: policy, ...members }
      return { agent, policy, authority: await make('/v1/spending-authorities', parts, by) }
    },
  }
}

const ID_OF: Readonly<Record<string, string>> = {
  '/v1/agents': 'agent_id',
  '/v1/policies': 'policy_id',
  '/v1/spending-authorities': 'spending_authority_id',
  '/v1/bindings': 'binding_id',
}

/** Why a request was refused: status, code and what is told. */
export function refusalOf(answer: RawResponse): readonly unknown[] {
  const { code, detail } = answer.json()
  return [answer.status, code, detail]
}

/** An answer but for the id of the decision, which no two share. */
export function wholeOf({ status, body }: RawResponse) {
  return { status, body: body.replace(/"decision_id":"[^"]+"/, '"decision_id":"..."') }
}
