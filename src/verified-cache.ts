import { LRUCache } from 'lru-cache'
import type { Identity, Proof } from './methods/method.js'

/** A moment on both clocks, in milliseconds. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** Something that a verdict rests on. */
export interface Reliance {
  /**
   * Whether it still stands, as far as can be told without waiting.
   *
   * @param nowMs - Monotonic.
   */
  holds(nowMs: number): boolean
}

/** Remembers who proved to be whom. */
export interface VerifiedCache {
  /** Who the credential of this digest was proven to be, where that stands now. */
  recall(digestKey: string, now: Moment): Identity | undefined
  /** Keeps a proof for as long as everything that it rests on stands. */
  keep(digestKey: string, proof: Proof, reliances: readonly Reliance[]): void
}

interface Verified {
  readonly identity: Identity
  readonly fromMs: number
  readonly untilMs: number
  readonly reliances: readonly Reliance[]
}

// Agents use a token for minutes: who has more at a time than this has one for each request.
const MAX_PER_CREDENTIAL = 100

/**
 * A cache of one `createGate`: its configuration never changes, and another gate has another cache, so no verdict is
 * ever served under other rules than it was made by. The key is the digest of the whole credential, never the credential.
 *
 * Only what was proven is kept: whoever presents what is not pushes nothing out, and who signs a token for every request
 * pushes out the older of their own. A refusal is never served from here: where anything does not stand any more, the
 * credential is verified anew.
 *
 * @param maxEntries - The least recently used goes first.
 */
export function createVerifiedCache(maxEntries: number): VerifiedCache {
  const entries = new LRUCache<string, Verified>({ max: maxEntries })
  /** Which are whose, the oldest first. */
  const keysOf = new LRUCache<string, string[]>({ max: maxEntries })

  function makeRoom(credentialId: string, digestKey: string): void {
    const keys = keysOf.get(credentialId)
    if (keys === undefined) keysOf.set(credentialId, [digestKey])
    else if (keys.push(digestKey) > MAX_PER_CREDENTIAL) entries.delete(keys.shift() ?? '')
  }

  return {
    recall(digestKey, { wallMs, monotonicMs }) {
      const known = entries.get(digestKey)
      if (known === undefined) return undefined
      const isInTime = wallMs < known.untilMs && wallMs >= known.fromMs
      return isInTime && hold(known.reliances, monotonicMs) ? known.identity : undefined
    },
    keep(digestKey, { identity, fromMs, untilMs }, reliances) {
      if (!entries.has(digestKey)) makeRoom(identity.principal.credentialId, digestKey)
      entries.set(digestKey, { identity, fromMs, untilMs, reliances })
    },
  }
}

function hold(reliances: readonly Reliance[], nowMs: number): boolean {
  for (const reliance of reliances) if (!reliance.holds(nowMs)) return false
  return true
}
