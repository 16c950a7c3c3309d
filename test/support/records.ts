import { createHash } from 'node:crypto'
import type { ApiKeyCredential, Credential, CredentialLookup, SharedSecretCredential, Store } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { ALICE } from './addresses.js'

export const KEY_ID = 'api_key_abc123'
export const SECRET = 'sec_xyz789-0123456789-0123456789-0123456789'
export const API_KEY = `sk_${'k'.repeat(43)}`

export const digestOf = (key: string) => createHash('sha256').update(key).digest('hex')

const COMMON = {
  accountId: 'robots-inc',
  wallets: [],
  role: null,
  scopes: [],
  environment: null,
  expiresAtMs: null,
  status: 'active',
} as const

export function sharedSecretRecord(changes: Partial<SharedSecretCredential> = {}): SharedSecretCredential {
  return { ...COMMON, kind: 'sharedSecret', id: 'cred_jwt', keyId: KEY_ID, secrets: [SECRET], ...changes }
}

export function apiKeyRecord(changes: Partial<ApiKeyCredential> = {}): ApiKeyCredential {
  const digest = digestOf(API_KEY)
  return { ...COMMON, kind: 'apiKey', id: 'cred_key', digest, wallets: [ALICE], ...changes }
}

/** A store whose rows are a table, and which answers at once. */
export interface TableStore extends Store {
  put(...records: readonly Credential[]): void
  /** What finding does instead of looking in the table; `undefined` heals it. */
  fault: ((lookup: CredentialLookup) => unknown) | undefined
  /** What claiming does instead; `undefined` heals it. */
  claimFault: (() => unknown) | undefined
  readonly lookups: CredentialLookup[]
  readonly claims: string[]
}

export function tableStore(...records: readonly Credential[]): TableStore {
  const rows = new Map<string, Credential>()
  const keyOf = (row: Credential | CredentialLookup) =>
    row.kind === 'apiKey' ? `digest ${row.digest}` : `key_id ${row.keyId}`
  const store: TableStore = {
    ...memoryStore(),
    lookups: [],
    claims: [],
    fault: undefined,
    claimFault: undefined,
    put: (...added) => added.forEach((row) => void rows.set(keyOf(row), row)),
    findCredential(lookup) {
      store.lookups.push(lookup)
      // A careless host's store answers anything; the gate has to see through it.
      return store.fault ? (store.fault(lookup) as Credential) : rows.get(keyOf(lookup))
    },
    claim(key) {
      if (store.claimFault !== undefined) return store.claimFault() as boolean
      if (store.claims.includes(key)) return false
      store.claims.push(key)
      return true
    },
  }
  store.put(...records)
  return store
}
