import type { CallOptions } from '../ports/call-options.js'
import type { Store } from '../ports/store.js'
import type { CredentialEntry } from './entry.js'

const MAX_TRIES = 10

/**
 * Reads an entry, makes its next version and puts that in its place; starts anew where another was faster.
 *
 * @param make - `undefined` where the entry is not one to be changed.
 * @returns What `make` issued; `undefined` where there is no such entry, it is revoked, or `make` would not.
 * @throws Error where others keep being faster.
 */
export async function changeEntry<Issued>(
  store: Pick<Store, 'readCredential' | 'changeCredential'>,
  id: string,
  make: (entry: CredentialEntry) => { readonly entry: CredentialEntry; readonly issued: Issued } | undefined,
  options: CallOptions,
): Promise<Issued | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const entry = await store.readCredential(id, options)
    if (entry === undefined || entry.status === 'revoked') return undefined
    const made = make(entry)
    if (made === undefined) return undefined
    // Whoever asked has been told by now that it could not be done.
    options.signal.throwIfAborted()
    if (await store.changeCredential(made.entry, options)) return made.issued
  }
  throw new Error('the credential is being changed by many at once')
}
