import { apiKey, createGate, type GateOptions, type Policy, type Verdict } from 'sallyport'
import { ALICE } from '../support/addresses.js'
import { API_KEY, apiKeyRecord, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'

/** A request that only a policy could refuse. */
export const request = (target = '/v1/refunds?id=1') =>
  requestWith([bearer(API_KEY), walletHeader(ALICE)], { method: 'POST', target })

export function policyGate(policies: readonly Policy[], options: Partial<GateOptions> = {}) {
  const store = tableStore(apiKeyRecord())
  return createGate({ store, methods: [apiKey()], policies, onDecision: () => undefined, ...options })
}

/** Hands the gate what no type allows: a host that writes JavaScript can. */
export function answering(verdict: unknown): Policy {
  return () => verdict as Verdict
}
