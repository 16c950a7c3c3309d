import { apiKey, type Credential, createGate, type FindCredential } from 'sallyport'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { API_KEY, apiKeyRecord } from '../support/records.js'
import { bearer, requestWith } from '../support/requests.js'

export const ACTIVE = apiKeyRecord({ wallets: [] })
export const REVOKED = apiKeyRecord({ wallets: [], status: 'revoked' })

/** A gate over a store that has to be waited for, and a door in front of its answers. */
export function asyncKit({ revocationBoundMs = 2_000, portTimeoutMs = 2_000 } = {}) {
  const clock = manualClock()
  let row: Credential | undefined = ACTIVE
  let reads = 0
  let held: (() => void)[] | undefined
  const findCredential: FindCredential = async () => {
    reads++
    const read = row
    if (held !== undefined) await new Promise<void>((open) => held?.push(open))
    return read
  }
  const options = { clock, revocationBoundMs, portTimeoutMs, onDecision: () => undefined }
  const gate = createGate({ findCredential, methods: [apiKey()], ...options })
  return {
    clock,
    gate,
    code: () => codeOf(gate, requestWith([bearer(API_KEY)])),
    reads: () => reads,
    put: (next: Credential | undefined) => {
      row = next
    },
    /** From now on what is read is not answered, until `release`. */
    hold: () => {
      held = []
    },
    release: () => {
      for (const open of held ?? []) open()
      held = undefined
    },
  }
}
