import type { ApiKeyEntry } from '../credentials/entry.js'
import type { UsageSum } from '../ports/store.js'
import { reportOf, reportsByHour, type UsageReport } from '../usage/usage-report.js'

/** A key as its owner sees it: never the key itself, nor its digest. */
export function viewOf(entry: ApiKeyEntry): object {
  return {
    key_id: entry.id,
    name: entry.name,
    prefix: entry.prefix,
    last_four: entry.lastFour,
    scopes: entry.scopes,
    environment: entry.environment,
    created_at: timestamp(entry.createdAtMs),
    created_by: entry.createdBy,
    user_id: entry.accountId,
    is_active: entry.status === 'active',
    status: entry.status,
    expires_at: timestamp(entry.expiresAtMs),
    rotated_at: timestamp(entry.rotatedAtMs),
    overlap_ends_at: timestamp(entry.older?.untilMs ?? null),
    revoked_at: timestamp(entry.revokedAtMs),
  }
}

/** As {@link viewOf}, with what the key was used for. */
export function listItemOf(entry: ApiKeyEntry, sums: readonly UsageSum[]): object {
  return { ...viewOf(entry), ...usageOf(reportOf(sums)) }
}

/** What a key was used for, over all time and by the hour. */
export function statsOf(entry: ApiKeyEntry, sums: readonly UsageSum[]): object {
  const total = reportOf(sums.filter(({ hourMs }) => hourMs === null))
  return {
    key_id: entry.id,
    ...usageOf(total),
    ...refusalsOf(total),
    hours: reportsByHour(sums).map(({ hourMs, report }) => ({
      hour: timestamp(hourMs),
      request_count: report.requests,
      endpoint_usage: report.requestsByRoute,
      ...refusalsOf(report),
    })),
  }
}

function usageOf({ requests, requestsByRoute, lastUsedAtMs }: UsageReport) {
  return { request_count: requests, endpoint_usage: requestsByRoute, last_used_at: timestamp(lastUsedAtMs) }
}

function refusalsOf({ requests, refusals, refusalsByCode }: UsageReport) {
  return {
    refusal_count: refusals,
    refusals: refusalsByCode,
    error_rate: requests === 0 ? 0 : refusals / requests,
  }
}

function timestamp(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
