import type { Credential, CredentialLookup } from '../credentials/credential.js'
import type { CallOptions } from './call-options.js'

/**
 * Finds a credential by its digest or `key_id`, compared byte for byte. Unknown is `undefined` or `null`; a store that
 * cannot know throws or rejects, and never answers that, an empty string or a record it is unsure of.
 */
export type FindCredential = (
  lookup: CredentialLookup,
  options: CallOptions,
) => Credential | null | undefined | Promise<Credential | null | undefined>

/** What the gate needs a store for. Every verb is atomic and required. */
export interface Store {
  /** See {@link FindCredential}. An answer that is not a promise is asked for anew on every request. */
  findCredential: FindCredential
  /**
   * Records the first use of `key`. True for exactly one caller until `expiresAtMs` (wall clock, milliseconds),
   * across every instance that shares the store. A store that cannot know throws or rejects.
   */
  claim(key: string, expiresAtMs: number, options: CallOptions): boolean | Promise<boolean>
}
