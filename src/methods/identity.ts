import type { Principal, PrincipalKind } from '../access.js'
import type { Credential } from '../credentials/credential.js'
import type { Identity } from './method.js'

/** Makes an identity that nobody can change afterwards. */
export function createIdentity(principal: Principal, walletHeader: Identity['walletHeader']): Identity {
  return Object.freeze({
    principal: Object.freeze({
      ...principal,
      scopes: Object.freeze([...principal.scopes]),
      wallets: Object.freeze([...principal.wallets]),
    }),
    walletHeader,
  })
}

// The gate's copy of a record never changes, so what follows from it is made once.
const known = new WeakMap<Credential, Identity>()

/** The identity of a stored credential. */
export function identityOf(
  kind: PrincipalKind,
  credential: Credential,
  walletHeader: Identity['walletHeader'],
): Identity {
  const made = known.get(credential)
  if (made !== undefined && made.walletHeader === walletHeader) return made
  const { id, accountId, role, scopes, wallets } = credential
  const identity = createIdentity({ kind, accountId, credentialId: id, role, scopes, wallets }, walletHeader)
  known.set(credential, identity)
  return identity
}
