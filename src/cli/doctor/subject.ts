import type { CredentialDetails } from '../../credentials/details.js'
import type { OpenedStore } from '../opened-store.js'
import type { StoreAddress } from '../store-address.js'
import type { Finding } from './finding.js'
import type { NodeAnswer } from './node-exchange.js'

/** What is examined. */
export interface Subject {
  /** What it runs on, as in `20.19.0`, and what it is made for, as in `>=20.19`. */
  readonly node: { readonly version: string; readonly range: string }
  /** Absent where no store is named. */
  readonly address: StoreAddress | undefined
  /** How many instances of the application share it all. */
  readonly instances: number
  readonly environment: string | undefined
  readonly origin: string | undefined
  readonly sessionSecrets: readonly string[]
  readonly sealingKeys: readonly string[]
  readonly rpcUrls: readonly string[]
  readonly mints: readonly string[]
  /** The store, opened once. Rejects with a Failure; `undefined` where there is nothing to open. */
  readonly opened: () => Promise<OpenedStore | undefined>
  /** The store's credentials, revoked ones too, the oldest 10,000 or so, read once. Rejects with a Failure. */
  readonly credentials: () => Promise<readonly CredentialDetails[]>
  /** What each RPC endpoint answers, in their order, asked once. */
  readonly nodes: () => Promise<readonly NodeAnswer[]>
}

/** Looks at one thing. What it cannot look at is a finding too; it never rejects. */
export type Check = (subject: Subject) => Promise<readonly Finding[]> | readonly Finding[]
