import { hash } from 'node:crypto'
import { digestOf } from '../digest.js'
import { type GateRequest, pathOf } from '../request.js'
import type { AskedSpend } from './guard-intent.js'
import { amountOf, assetOf } from './money.js'
import { newReservationId, prefixOf } from './reservation-id.js'

/**
 * The id of what a request holds: one key of one account on one route is one reservation, and without a key each request
 * has its own.
 */
export function holdIdOf(request: GateRequest, accountId: string, key: string | undefined): string {
  if (key === undefined) return newReservationId('guard')
  const { method, route = pathOf(request.target) } = request
  return `${prefixOf('guard')}${hash('sha256', JSON.stringify([accountId, method, route, key]), 'base64url')}`
}

/** A digest of all that makes two requests the same spend. */
export function spendDigestOf(request: GateRequest, accountId: string, { action }: AskedSpend): string {
  const { money, merchant, mcc } = action
  const { method, target } = request
  const told = [String(amountOf(money)), assetOf(money), merchant, mcc, method, pathOf(target), accountId]
  return digestOf(JSON.stringify(told))
}
