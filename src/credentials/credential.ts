/** How a credential is looked up: by the digest of a whole API key, or by the `key_id` of a shared secret. */
export type CredentialLookup =
  | { readonly kind: 'apiKey'; readonly digest: string }
  | { readonly kind: 'sharedSecret'; readonly keyId: string }

/** What every stored credential says, whoever presents it. */
export interface CredentialRecord {
  /** Stable and public; never the secret. */
  readonly id: string
  /** Who owns it: stable across keys and rotations. */
  readonly accountId: string
  /** Canonical base58 addresses that requests of this credential may act for. */
  readonly wallets: readonly string[]
  readonly role: string | null
  readonly scopes: readonly string[]
  /** Where it is honoured; null is everywhere. */
  readonly environment: string | null
  /** Wall clock, milliseconds; null is never. */
  readonly expiresAtMs: number | null
  readonly status: 'active' | 'disabled' | 'revoked'
}

/** An API key: only its digest is stored. */
export interface ApiKeyCredential extends CredentialRecord {
  readonly kind: 'apiKey'
  /** SHA-256 of the whole key, in lower-case hex. */
  readonly digest: string
}

/** A shared-secret pair: HMAC needs the secret itself. */
export interface SharedSecretCredential extends CredentialRecord {
  readonly kind: 'sharedSecret'
  readonly keyId: string
  /** One secret, or two while one replaces the other, the newer first. Each at least 32 bytes of UTF-8. */
  readonly secrets: readonly string[]
  /** Until when the second secret counts (wall clock, milliseconds). Null or absent is as long as it is there. */
  readonly olderUntilMs?: number | null
}

/** A stored credential. The gate works with a frozen copy of its own. */
export type Credential = ApiKeyCredential | SharedSecretCredential

/** Least length of an HS256 secret (RFC 7518 §3.2). */
export const MIN_SECRET_BYTES = 32
