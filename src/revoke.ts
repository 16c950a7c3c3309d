import { type RevocationTarget, revocationOf } from './credentials/revocation.js'
import { Refused } from './decision.js'
import { GateError } from './gate-error.js'
import type { Change } from './ports/store.js'
import { attempt } from './stages/attempt.js'
import type { Wiring } from './wiring.js'

/**
 * Ends what `target` names, in the store and on this gate.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where there is no store, or `target` is none.
 * @throws Error the store's own, where it cannot.
 */
export async function revoke(wiring: Wiring, target: RevocationTarget): Promise<boolean> {
  const { store, clock } = wiring.config
  if (store === undefined) throw new GateError('ERR_GATE_OPTIONS', ['revoke needs a gate with a store'])
  const ended = await endNow(wiring, revocationOf(target, clock.wallMs()))
  if (!(ended instanceof Refused)) return ended
  throw ended.reason.code === 'dependency_unavailable' ? ended.reason.cause : new Error(ended.reason.code)
}

/** Writes an end down, and takes note of it here. */
export async function endNow({ config, credentials }: Wiring, end: Change): Promise<boolean | Refused> {
  const ended = await attempt<boolean>('store', config.portTimeoutMs, (options) => {
    if (config.store === undefined) throw new Error('there is no store')
    return config.store.revokeCredentials(end, options)
  })
  const isCertain = !(ended instanceof Refused)
  // One session or credential may be taken for ended either way. All of an account's must not be, where the store does
  // not know it: sessions that are begun elsewhere would be refused here alone.
  credentials.note(end, isCertain || end.kind === 'session' || end.kind === 'credential')
  // The store may have given the end a later time than this clock did. Where that cannot be heard now, it will be.
  if (isCertain) await credentials.catchUp()
  return ended
}
