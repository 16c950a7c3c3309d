import { isOptions, unknownOptions } from './option-check.js'
import type { GateOptions } from './options.js'
import type { SpendStore } from './ports/spend-store.js'

const VERBS = Object.keys({
  addSpendRecord: true,
  readSpendRecord: true,
  findSpendRecord: true,
  listSpendRecords: true,
  changeSpendRecord: true,
  reserve: true,
  settle: true,
  readReservation: true,
  expireReservations: true,
  readSums: true,
  listDecisions: true,
  readDecision: true,
} satisfies Record<keyof SpendStore, true>) as (keyof SpendStore)[]

const MOST_AUTHORIZATION_SECONDS = 31_622_400
const MOST_RESERVATION_SECONDS = 86_400

/** Whether a store keeps spending too. */
export function isSpendStore(store: unknown): store is SpendStore {
  return missingVerbs(store).length === 0
}

/** A sentence for everything that is wrong with a gate's `spend`. */
export function spendProblems({ spend, store }: GateOptions<string>): string[] {
  if (spend === undefined) return []
  if (!isOptions(spend)) return ['spend must be { store, authorizationTtlSeconds, reservationTtlSeconds }']
  const { authorizationTtlSeconds, reservationTtlSeconds } = spend
  const missing = missingVerbs(spend.store ?? store)
  return [
    ...unknownOptions('spend', spend, ['store', 'authorizationTtlSeconds', 'reservationTtlSeconds']),
    ...(missing.length === 0
      ? []
      : [`spend.store must have every verb of a store for spending; missing: ${missing.join(', ')}`]),
    ...ttlProblems('spend.authorizationTtlSeconds', authorizationTtlSeconds, MOST_AUTHORIZATION_SECONDS),
    ...ttlProblems('spend.reservationTtlSeconds', reservationTtlSeconds, MOST_RESERVATION_SECONDS),
  ]
}

function missingVerbs(store: unknown): readonly string[] {
  const verbs = (store ?? {}) as Readonly<Record<string, unknown>>
  return VERBS.filter((verb) => typeof verbs[verb] !== 'function')
}

function ttlProblems(name: string, value: unknown, most: number): string[] {
  const isFine = Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most
  return value === undefined || isFine ? [] : [`${name} must be a whole number from 1 to ${most}`]
}
