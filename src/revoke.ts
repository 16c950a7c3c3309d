import { type RevocationTarget, revocationOf } from './credentials/revocation.js'
import { Deadline, isPending, withDeadline } from './deadline.js'
import { GateError } from './gate-error.js'
import type { Change } from './ports/store.js'
import type { Wiring } from './wiring.js'

/** Ends what `target` names, in the store and on this gate. */
export async function revoke(wiring: Wiring, target: RevocationTarget): Promise<boolean> {
  return endNow(wiring, revocationOf(target, wiring.config.clock.wallMs()))
}

/**
 * Writes an end down and takes note of it here.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where there is no store.
 */
export async function endNow({ config, credentials }: Wiring, revocation: Change): Promise<boolean> {
  const { store, portTimeoutMs } = config
  if (store === undefined) throw new GateError('ERR_GATE_OPTIONS', ['revoke needs a gate with a store'])
  const deadline = new Deadline(portTimeoutMs)
  const answer = store.revokeCredentials(revocation, deadline)
  const ended = isPending(answer) ? await withDeadline(answer, portTimeoutMs, deadline) : answer
  credentials.note(revocation)
  return ended
}
