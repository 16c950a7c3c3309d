import { LRUCache } from 'lru-cache'
import { isPending } from '../deadline.js'
import { Refused } from '../decision.js'
import type { Clock } from '../ports/clock.js'
import type { Change, FindCredential } from '../ports/store.js'
import { attempt } from '../stages/attempt.js'
import type { Credential, CredentialLookup } from './credential.js'
import { snapshotOf } from './snapshot.js'

/** What is known of a credential: the record, nothing, or that the store cannot say. */
export type Found = Credential | undefined | Refused

/** Finds credentials for the methods. */
export interface CredentialFinder {
  find(lookup: CredentialLookup): Found | Promise<Found>
  /** Forgets what a change may have made untrue. */
  forget(change: Change): void
}

/** What a finder is made of. */
export interface FinderOptions {
  readonly find: FindCredential
  readonly clock: Clock
  readonly timeoutMs: number
  /** How long an answer that had to be waited for may be used again. 0 keeps nothing. */
  readonly boundMs: number
  /**
   * Makes sure that changes older than `boundMs` have been seen; see `ChangeFeed.follow`. With it an answer may be used
   * for longer, because what has changed is forgotten.
   */
  readonly follow: (() => undefined | Refused | Promise<undefined | Refused>) | undefined
}

interface Kept {
  readonly credential: Credential
  readonly readAtMs: number
}

interface Flight {
  readonly answer: Promise<Found>
  readonly readAtMs: number
}

const MAX_KEPT = 10_000
// For rows that somebody changed behind the store's back. Stores tell of changes for an hour: none is missed meanwhile.
const MAX_AGE_MS = 60_000

/**
 * Looks credentials up. A store that answers at once is asked every time, so that a revocation holds at once. An answer
 * that had to be waited for is kept: for `boundMs`, or where changes are followed until it has changed. Callers that
 * wait for the same credential share one read, as long as it began less than `boundMs` ago.
 */
export function createCredentialFinder(options: FinderOptions): CredentialFinder {
  const { find, clock, timeoutMs, boundMs, follow } = options
  const keysOfId = new Map<string, Set<string>>()
  const kept = new LRUCache<string, Kept>({
    max: MAX_KEPT,
    dispose: ({ credential }, key) => unlink(credential.id, key),
  })
  const flights = new Map<string, Flight>()
  const keptMs = follow === undefined || boundMs === 0 ? boundMs : MAX_AGE_MS
  let changes = 0

  function unlink(id: string, key: string): void {
    const keys = keysOfId.get(id)
    keys?.delete(key)
    if (keys?.size === 0) keysOfId.delete(id)
  }

  function keep(key: string, answer: Kept): void {
    kept.set(key, answer)
    const { id } = answer.credential
    keysOfId.set(id, (keysOfId.get(id) ?? new Set()).add(key))
  }

  function read(lookup: CredentialLookup): Found | Promise<Found> {
    return attempt<Credential | undefined>('store', timeoutMs, (call) => {
      const answer = find(lookup, call)
      if (!isPending(answer)) return checked(answer, lookup)
      return Promise.resolve(answer).then((record) => checked(record, lookup))
    })
  }

  function recall(key: string, nowMs: number): Credential | undefined {
    const known = kept.get(key)
    return known !== undefined && nowMs - known.readAtMs < keptMs ? known.credential : undefined
  }

  function lookUp(lookup: CredentialLookup, key: string): Found | Promise<Found> {
    const nowMs = clock.monotonicMs()
    const under = flights.get(key)
    if (under !== undefined && nowMs - under.readAtMs < boundMs) return under.answer
    const changesBefore = changes
    const found = read(lookup)
    if (!isPending(found)) return found
    const flight: Flight = { answer: found.then(land), readAtMs: nowMs }
    flights.set(key, flight)
    return flight.answer

    function land(answer: Found): Found {
      if (flights.get(key) === flight) flights.delete(key)
      if (answer === undefined || answer instanceof Refused) kept.delete(key)
      // What was read before a change was seen may be what the change has made untrue.
      else if (keptMs > 0 && changes === changesBefore) keep(key, { credential: answer, readAtMs: nowMs })
      return answer
    }
  }

  return {
    find(lookup) {
      const key = keyOf(lookup)
      const nowMs = clock.monotonicMs()
      if (recall(key, nowMs) === undefined) return lookUp(lookup, key)
      const state = follow?.()
      const answer = (outage: undefined | Refused) => outage ?? recall(key, nowMs) ?? lookUp(lookup, key)
      return isPending(state) ? state.then(answer) : answer(state)
    },
    forget({ kind, id }) {
      if (kind === 'session') return
      changes++
      // Whoever asks from now on must not be answered by a read that began before.
      flights.clear()
      if (kind === 'credential') for (const key of [...(keysOfId.get(id) ?? [])]) kept.delete(key)
      else kept.clear()
    },
  }
}

function checked(record: Credential | null | undefined, lookup: CredentialLookup): Credential | undefined {
  return record === undefined || record === null ? undefined : snapshotOf(record, lookup)
}

function keyOf(lookup: CredentialLookup): string {
  return lookup.kind === 'apiKey' ? `k${lookup.digest}` : `s${lookup.keyId}`
}
