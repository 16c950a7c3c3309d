import type { Balance } from './ports/balance-source.js'

/** How a principal proved who it is. Equals the name of the method, or `anonymous` behind `optionalAccess`. */
export type PrincipalKind = 'apiKey' | 'sharedSecretJwt' | 'walletSession' | 'jwks' | 'anonymous'

/** Who is acting. Frozen, and shared by all requests of one credential. */
export interface Principal {
  readonly kind: PrincipalKind
  /** Who owns the credential: stable across keys, rotations and environments. Empty for `anonymous`. */
  readonly accountId: string
  /** Which credential was presented. Empty for `anonymous`. */
  readonly credentialId: string
  /** The class of the credential, from the stored record and never from the token. */
  readonly role: string | null
  readonly scopes: readonly string[]
  /** Every wallet bound to the credential. */
  readonly wallets: readonly string[]
}

/** The one wallet that a request acts for, and what may be asked of it. */
export interface WalletScope<Field extends string = 'ownerWallet'> {
  /** Canonical base58. */
  readonly address: string
  /** For queries: `{ ownerWallet: address }`. */
  readonly filter: { readonly [Key in Field]: string }
  /**
   * A copy of `record` that belongs to this wallet.
   *
   * @throws GateError `ERR_GATE_WALLET_SCOPE` where the record names another wallet.
   * @example
   * await proofs.insert(wallet.tag({ taskId: body.taskId }))
   */
  tag<Row extends object>(record: Row): Row & { readonly [Key in Field]: string }
  /**
   * True only where the record names exactly this wallet. A record without a wallet is owned by nobody. Bound, so that
   * it can be handed to `filter`.
   *
   * @example
   * proofs.filter(wallet.owns)
   */
  readonly owns: (record: object | null | undefined) => boolean
}

/** What an allowed request carries. */
export interface Access<Field extends string = string> {
  readonly principal: Principal
  /** Null where the request names no wallet and the gate requires none. */
  readonly wallet: WalletScope<Field> | null
  /** What the gate's own balance requirement read; null where it has none. */
  readonly balance: Balance | null
  /** Names this decision in the response, the events and the host's own logs. */
  readonly decisionId: string
}

/** An access that is known to carry a wallet. */
export type WithWallet<A extends Access> = A & { readonly wallet: NonNullable<A['wallet']> }

/** An access that is known to carry a wallet and a balance. */
export type WithBalance<A extends Access> = WithWallet<A> & { readonly balance: Balance }
