import type { Credential, CredentialLookup } from '../credentials/credential.js'
import type { CredentialEntry } from '../credentials/entry.js'
import type { CallOptions } from './call-options.js'

/**
 * Finds a credential by its digest or `key_id`, compared byte for byte. Unknown is `undefined` or `null`; a store that
 * cannot know throws or rejects, and never answers that, an empty string or a record it is unsure of.
 */
export type FindCredential = (
  lookup: CredentialLookup,
  options: CallOptions,
) => Credential | null | undefined | Promise<Credential | null | undefined>

/** Which entries {@link Store.listCredentials} answers. */
export interface CredentialQuery {
  /** Only this account's. Default everybody's. */
  readonly accountId?: string
  /** Revoked ones too: a tombstone stays. Default false. */
  readonly revoked?: boolean
  /** Behind this entry: `<createdAtMs>:<id>`, as a page's `next` names it. */
  readonly after?: string
  /** At most so many, 1 to 1000. */
  readonly limit: number
}

/** Entries, the oldest first. */
export interface CredentialPage {
  readonly entries: readonly CredentialEntry[]
  /** What to ask for as `after`: `<createdAtMs>:<id>` of the last entry here; null behind the last of all. */
  readonly next: string | null
}

/** What was ended or changed. */
export interface Change {
  /**
   * `credential`: this one was changed, disabled, rotated or revoked. `session`: this session has ended. `account`,
   * `wallet`, `all`: every session begun before has ended, and every credential was revoked.
   */
  readonly kind: 'credential' | 'session' | 'account' | 'wallet' | 'all'
  /** The credential's id, the session's `jti`, the account or the address; empty for `all`. */
  readonly id: string
  /**
   * Wall clock, milliseconds. Told of again, the same kind and id have a later one, whatever the clocks say: the store
   * adds a millisecond where it must.
   */
  readonly atMs: number
  /** Nothing that it could end outlives this (wall clock, milliseconds): a store may forget the change then. */
  readonly untilMs: number
}

/** Changes in the order they were made; ended sessions may come apart from the rest. */
export interface ChangePage {
  readonly changes: readonly Change[]
  /** What to ask for next: behind the last of `changes`. */
  readonly cursor: string
  /** Whether there are more by now. */
  readonly hasMore: boolean
}

/** How often one credential was answered one way on one route within one hour. */
export interface UsageCount {
  readonly credentialId: string
  /** When the hour began: wall clock, milliseconds, a multiple of 3,600,000. */
  readonly hourMs: number
  /** Method and template, such as `GET /v1/proofs/:id`. */
  readonly route: string
  /** `allowed` or the code of the refusal. */
  readonly outcome: string
  /** To be added; negative where an earlier count is taken back. */
  readonly count: number
  /** Wall clock, milliseconds. */
  readonly lastUsedAtMs: number
}

/** Counts that are added together: all of them, once. */
export interface UsageBatch {
  /** Random. A batch that has been added is not added again. */
  readonly id: string
  readonly counts: readonly UsageCount[]
  /** Hours that began before this may be forgotten; the sums over all time stay. */
  readonly forgetHoursBeforeMs: number
}

/** A sum over all time (`hourMs` null), or over one hour. */
export type UsageSum = Omit<UsageCount, 'hourMs'> & { readonly hourMs: number | null }

/** Which sums {@link Store.readUsage} answers. */
export interface UsageQuery {
  readonly credentialIds: readonly string[]
  /** Hours too, those that began at or after this. Default only the sums over all time. */
  readonly hoursSinceMs?: number
}

/**
 * What the gate needs a store for. Every verb is required, and atomic: it happens whole and for every instance that
 * shares the store, or not at all. What was answered has been kept. A store that cannot know throws or rejects.
 */
export interface Store {
  /** See {@link FindCredential}. An answer that is not a promise is asked for anew on every request. */
  findCredential: FindCredential
  /**
   * Records the first use of `key`. True for exactly one caller until `expiresAtMs` (wall clock, milliseconds); the
   * store may forget it at any time after that.
   */
  claim(key: string, expiresAtMs: number, options: CallOptions): boolean | Promise<boolean>
  /**
   * Adds an entry. `duplicate`: its id, digest or key id is taken, be it by a revoked one. `full`: its account has
   * `maxPerAccount` entries that are not revoked (null is no limit).
   */
  addCredential(
    entry: CredentialEntry,
    maxPerAccount: number | null,
    options: CallOptions,
  ): Added | Promise<Added>
  readCredential(
    id: string,
    options: CallOptions,
  ): CredentialEntry | undefined | Promise<CredentialEntry | undefined>
  listCredentials(query: CredentialQuery, options: CallOptions): CredentialPage | Promise<CredentialPage>
  /**
   * Puts `entry` in the place of its earlier version, and tells of it by {@link Store.changesSince}. False, and nothing
   * happens, unless the stored version is `entry.version - 1` and not revoked.
   */
  changeCredential(entry: CredentialEntry, options: CallOptions): boolean | Promise<boolean>
  /**
   * Ends what `revocation` names and tells of it by {@link Store.changesSince}: the credential, the session, or the
   * credentials of an account, those bound to a wallet, or all there are. Revoked entries stay, with a new version.
   * False where a credential of that id does not exist; true otherwise, also where it was revoked before.
   */
  revokeCredentials(revocation: Change, options: CallOptions): boolean | Promise<boolean>
  /**
   * What was changed behind `cursor`; from the earliest that is still kept on where it is null. A change that is
   * committed later never has an earlier place. At least every change of the last hour is kept, and every one until
   * its `untilMs`.
   */
  changesSince(cursor: string | null, options: CallOptions): ChangePage | Promise<ChangePage>
  addUsage(batch: UsageBatch, options: CallOptions): void | Promise<void>
  readUsage(query: UsageQuery, options: CallOptions): readonly UsageSum[] | Promise<readonly UsageSum[]>
  /** Lets go of what the store itself has opened; never of a client that it was given. */
  close(): Promise<void>
}

/** The verbs that keep credentials. */
export type CredentialVerbs = Pick<
  Store,
  | 'findCredential'
  | 'addCredential'
  | 'readCredential'
  | 'listCredentials'
  | 'changeCredential'
  | 'revokeCredentials'
>

/** What became of an entry that was to be added. */
export type Added = 'added' | 'duplicate' | 'full'
