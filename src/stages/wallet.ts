import type { Principal, WalletScope } from '../access.js'
import { type Refused, refused } from '../decision.js'
import type { Identity } from '../methods/method.js'
import { type HeaderValue, REPEATED } from '../request.js'
import { isWalletAddress } from '../wallet-address.js'
import { createWalletScope } from '../wallet-scope.js'

/** Chooses the wallet of a request; null where the request has none and needs none. */
export interface WalletSelector {
  /** The ambiguity that is refused before anything is verified. */
  refuseAmbiguous(header: HeaderValue): Refused | undefined
  select(header: HeaderValue, identity: Identity, required: boolean): WalletScope<string> | null | Refused
}

/**
 * Makes the stage that chooses the wallet. The header selects among the wallets bound to the credential; it never
 * asserts one.
 *
 * @param header - The header's name, for answers.
 * @param field - The member that names a record's owner.
 */
export function createWalletSelector(header: string, field: string): WalletSelector {
  const ambiguous = refused('request_ambiguous', { header })
  const missing = refused('wallet_missing', { header })
  const malformed = refused('wallet_malformed', { header })
  const mismatch = refused('wallet_mismatch', {})
  const unbound = refused('wallet_required', {})
  const scopes = new WeakMap<Principal, (WalletScope<string> | undefined)[]>()

  /** The scope of the wallet that stands at `at` among the principal's: made once, from the stored address. */
  function scopeAt(at: number, principal: Principal): WalletScope<string> {
    const made = scopes.get(principal)
    const known = made?.[at]
    if (known !== undefined) return known
    const scope = createWalletScope(principal.wallets[at] ?? '', field)
    if (made === undefined)
      scopes.set(
        principal,
        principal.wallets.map((_, own) => (own === at ? scope : undefined)),
      )
    else made[at] = scope
    return scope
  }

  function unnamed({ principal, walletHeader }: Identity, required: boolean) {
    const { length } = principal.wallets
    if (length === 0) return required ? unbound : null
    if (walletHeader === 'required') return missing
    if (length === 1) return scopeAt(0, principal)
    return required ? missing : null
  }

  return {
    refuseAmbiguous: (value) => (value === REPEATED || value?.includes(',') ? ambiguous : undefined),
    select(value, identity, required) {
      if (value === REPEATED) return ambiguous
      if (value === undefined) return unnamed(identity, required)
      const { principal } = identity
      const at = principal.wallets.indexOf(value)
      if (at !== -1) return scopeAt(at, principal)
      return isWalletAddress(value) ? mismatch : malformed
    },
  }
}
