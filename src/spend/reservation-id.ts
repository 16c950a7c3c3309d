import { randomUUID } from 'node:crypto'
import type { SpendPurpose } from './decision-view.js'

/** A new id for something that is held. */
export function newReservationId(purpose: SpendPurpose): string {
  return `${prefixOf(purpose)}${randomUUID()}`
}

/** What the ids of reservations begin with: what a route holds is not captured by hand. */
export function prefixOf(purpose: SpendPurpose): string {
  return purpose === 'guard' ? 'hold_' : 'auth_'
}
