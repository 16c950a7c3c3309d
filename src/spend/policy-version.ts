import { digestOf } from '../digest.js'
import type { SpendPolicy } from './policy.js'
import { policyDocumentOf } from './policy-document-text.js'

export { policyDocumentOf } from './policy-document-text.js'

const versions = new WeakMap<SpendPolicy, string>()

/**
 * What a policy says, as a SHA-256 in lower-case hex: the same for all documents that mean the same, whatever the order
 * of their members and lists, and however they write amounts, codes and names of merchants.
 */
export function policyVersionOf(policy: SpendPolicy): string {
  const known = versions.get(policy)
  if (known !== undefined) return known
  const { merchants } = policy
  const compared = merchants && {
    allow: merchants.allow && [...merchants.allow.keys()].sort(),
    deny: [...merchants.deny.keys()].sort(),
  }
  const version = digestOf(JSON.stringify({ ...policyDocumentOf(policy), merchants: compared }))
  versions.set(policy, version)
  return version
}
