import { GateError } from '../gate-error.js'
import type { Change } from '../ports/store.js'
import { isWalletAddress } from '../wallet-address.js'
import { isText } from './record-check.js'

/** What is to be ended. An account, a wallet or all: every session so far, and every credential. */
export type RevocationTarget =
  | { readonly credential: string }
  | { readonly account: string }
  | { readonly wallet: string }
  | { readonly all: true }

/** The longest that a session may last: how long it must be remembered that those of a wallet have ended. */
export const MAX_SESSION_SECONDS: number = 30 * 86_400

// How long it is told of that a credential was changed. No instance keeps one for so long without asking.
const CHANGE_KEPT_MS = 3_600_000
const KINDS = ['credential', 'account', 'wallet', 'all'] as const

/** What is written down of a credential that was changed. */
export function changeOfCredential(id: string, nowMs: number): Change {
  return { kind: 'credential', id, atMs: nowMs, untilMs: nowMs + CHANGE_KEPT_MS }
}

/**
 * What is written down of a revocation.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where it does not name exactly one thing to end.
 */
export function revocationOf(target: RevocationTarget, nowMs: number): Change {
  const named: readonly (readonly [string, unknown])[] =
    typeof target === 'object' && target !== null ? Object.entries(target) : []
  const [kind, id] = named[0] ?? []
  const known = KINDS.find((candidate) => candidate === kind)
  const fine = named.length === 1 && (known === 'all' ? id === true : isText(id))
  if (known === 'wallet' && fine && !isWalletAddress(String(id))) {
    throw new GateError('ERR_GATE_OPTIONS', ['revoke.wallet must be a base58 Solana address'])
  }
  if (known === undefined || !fine) {
    throw new GateError('ERR_GATE_OPTIONS', [
      'revoke must be given exactly one of { credential }, { account }, { wallet } and { all: true }',
    ])
  }
  if (known === 'credential') return changeOfCredential(String(id), nowMs)
  const untilMs = nowMs + MAX_SESSION_SECONDS * 1000 + CHANGE_KEPT_MS
  return { kind: known, id: known === 'all' ? '' : String(id), atMs: nowMs, untilMs }
}
