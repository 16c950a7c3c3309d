import type { CredentialRecord } from './credential.js'

/** Whether a stored credential counts here and now. */
export type Standing = 'good' | 'expired' | 'void'

/** Why a credential is void, for the host's eyes. */
export function whyVoid({ id, status, environment }: CredentialRecord, here: string | null): string {
  if (status !== 'active') return `credential ${id} is ${status}`
  return `credential ${id} is for the environment ${environment}, and this gate ${here === null ? 'names none' : `is for ${here}`}`
}

/** Judges status, environment and expiry. A credential of another environment does not exist here. */
export function standingOf(record: CredentialRecord, environment: string | null, nowMs: number): Standing {
  if (record.status !== 'active') return 'void'
  if (record.environment !== null && record.environment !== environment) return 'void'
  return record.expiresAtMs !== null && record.expiresAtMs <= nowMs ? 'expired' : 'good'
}
