import { LRUCache } from 'lru-cache'
import { isPending } from '../deadline.js'
import { Refused } from '../decision.js'
import type { Clock } from '../ports/clock.js'
import type { FindCredential } from '../ports/store.js'
import { attempt } from '../stages/attempt.js'
import type { Credential, CredentialLookup } from './credential.js'
import { snapshotOf } from './snapshot.js'

/** What is known of a credential: the record, nothing, or that the store cannot say. */
export type Found = Credential | undefined | Refused

/** Finds credentials for the methods. */
export type CredentialFinder = (lookup: CredentialLookup) => Found | Promise<Found>

/** What a finder is made of. */
export interface FinderOptions {
  readonly find: FindCredential
  readonly clock: Clock
  readonly timeoutMs: number
  /** How long an answer that had to be waited for may be used again. 0 keeps nothing. */
  readonly boundMs: number
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

/**
 * Looks credentials up. A store that answers at once is asked every time, so that a revocation holds at once; an answer
 * that had to be waited for is kept for `boundMs`, and callers that wait for the same credential share one read, as
 * long as it began less than `boundMs` ago.
 */
export function createCredentialFinder({ find, clock, timeoutMs, boundMs }: FinderOptions): CredentialFinder {
  const kept = new LRUCache<string, Kept>({ max: MAX_KEPT })
  const flights = new Map<string, Flight>()

  function read(lookup: CredentialLookup): Found | Promise<Found> {
    return attempt<Credential | undefined>('store', timeoutMs, (options) => {
      const answer = find(lookup, options)
      if (!isPending(answer)) return checked(answer, lookup)
      return Promise.resolve(answer).then((record) => checked(record, lookup))
    })
  }

  return (lookup) => {
    const key = keyOf(lookup)
    const nowMs = clock.monotonicMs()
    const isRecent = ({ readAtMs }: { readonly readAtMs: number }) => nowMs - readAtMs < boundMs
    const known = kept.get(key)
    if (known !== undefined && isRecent(known)) return known.credential
    const under = flights.get(key)
    if (under !== undefined && isRecent(under)) return under.answer
    const found = read(lookup)
    if (!isPending(found)) return found
    const flight: Flight = { answer: found.then(land), readAtMs: nowMs }
    flights.set(key, flight)
    return flight.answer

    function land(answer: Found): Found {
      if (flights.get(key) === flight) flights.delete(key)
      if (answer === undefined || answer instanceof Refused) kept.delete(key)
      else if (boundMs > 0) kept.set(key, { credential: answer, readAtMs: nowMs })
      return answer
    }
  }
}

function checked(record: Credential | null | undefined, lookup: CredentialLookup): Credential | undefined {
  return record === undefined || record === null ? undefined : snapshotOf(record, lookup)
}

function keyOf(lookup: CredentialLookup): string {
  return lookup.kind === 'apiKey' ? `k${lookup.digest}` : `s${lookup.keyId}`
}
