import { hash } from 'node:crypto'
import type { Access } from '../access.js'
import { digestOf } from '../digest.js'
import { type GateRequest, pathOf } from '../request.js'
import type { AskedSpend } from './guard-intent.js'
import type { Passage } from './guard-passage.js'
import { amountOf, assetOf } from './money.js'
import type { Instrument } from './records.js'
import { newReservationId, prefixOf } from './reservation-id.js'

/** Who spends: an account may have many agents, each with what it spends with. */
export interface Spender {
  readonly accountId: string
  /** What its mandate is found by: the first of them that is bound. */
  readonly instruments: readonly Instrument[]
}

/** Who spends with an access. */
export function spenderOf({ principal, wallet }: Access): Spender {
  const { kind, accountId, credentialId: id } = principal
  // Only what the store gave out is known by its id: others choose the names of their tokens, and could choose this one.
  const isStored = kind === 'apiKey' || kind === 'sharedSecretJwt'
  const instruments: readonly Instrument[] = [
    ...(isStored ? [{ type: 'api_key' as const, id }] : []),
    ...(wallet === null ? [] : [{ type: 'wallet' as const, id: wallet.address }]),
  ]
  return { accountId, instruments }
}

/**
 * The id of what a request holds: one key of one spender on one route is one reservation, and without a key each request
 * has its own. So has each guard that one request meets, also where several name the same key.
 */
export function holdIdOf(
  request: GateRequest,
  spender: Spender,
  key: string | undefined,
  passage: Passage,
): string {
  if (key === undefined) return newReservationId('guard')
  const { method, route = pathOf(request.target) } = request
  const told = [...namesOf(spender), method, route, key, passage.countKey(key)]
  return `${prefixOf('guard')}${hash('sha256', JSON.stringify(told), 'base64url')}`
}

/** A digest of all that makes two requests the same spend. */
export function spendDigestOf(request: GateRequest, spender: Spender, { action }: AskedSpend): string {
  const { money, merchant, mcc } = action
  const { method, target } = request
  const spent = [String(amountOf(money)), assetOf(money), merchant, mcc]
  return digestOf(JSON.stringify([...spent, method, pathOf(target), ...namesOf(spender)]))
}

// The credential where the store gave it out. A token is renewed while its wallet, which may spend, stays the same: a
// request that is sent again with a new token must not spend again.
function namesOf({ accountId, instruments: [first] }: Spender): readonly (string | undefined)[] {
  return [accountId, first?.type, first?.id]
}
