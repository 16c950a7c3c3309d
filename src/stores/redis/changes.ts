import { randomUUID } from 'node:crypto'
import type { Change, ChangePage, Store } from '../../ports/store.js'
import type { RunScript } from './client.js'
import { checkedText, listOf, textOf } from './replies.js'
import { defineScript, SERVER_TIME } from './script.js'
import { nameOf } from './text.js'

/**
 * Lua: `tell()` writes down the change that the first six arguments are, in the script that makes it.
 *
 * Places are the server's microseconds, or one more than the last: where the newest data was lost in a crash, no later
 * change gets a place that a reader is past already. A change of the same thing takes the place of the older one. What
 * nobody needs any more by both clocks goes, a bounded number each time.
 */
export const TELL: string = `${SERVER_TIME}
local CALL = ARGV[1]
local function tell()
  local nowMs, member, atMs, endsMs, label = tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], ARGV[6]
  redis.call('SET', K('epoch'), CALL, 'NX')
  local us = serverUs()
  local seq = math.max(tonumber(redis.call('GET', K('seq')) or '0') + 1, us)
  redis.call('SET', K('seq'), string.format('%.0f', seq))
  local known = redis.call('HGET', K('change'), member)
  if known then
    local knownAtMs, knownEndsMs = string.match(known, '^([^|]*)|([^|]*)|')
    if tonumber(knownAtMs) >= tonumber(atMs) then atMs = string.format('%.3f', tonumber(knownAtMs) + 1) end
    if tonumber(knownEndsMs) > tonumber(endsMs) then endsMs = knownEndsMs end
  end
  redis.call('HSET', K('change'), member, atMs .. '|' .. endsMs .. '|' .. label)
  redis.call('ZADD', K('changes'), string.format('%.0f', seq), member)
  redis.call('ZADD', K('change-ends'), math.max(tonumber(endsMs), nowMs) + 3600000, member)
  local over = string.format('(%.3f', math.min(nowMs, us / 1000))
  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', K('change-ends'), '-inf', over, 'LIMIT', 0, 100)) do
    redis.call('HDEL', K('change'), gone)
    redis.call('ZREM', K('changes'), gone)
    redis.call('ZREM', K('change-ends'), gone)
  end
end
`

/** How many arguments {@link tellArguments} makes. */
export const TELL_ARGUMENTS = 6

/**
 * The first arguments of a script that tells of a change. The very first is random and new each time: it names the call,
 * and where the feed begins anew the feed.
 */
export function tellArguments({ kind, id, atMs, untilMs }: Change, nowMs: number): string[] {
  return [
    randomUUID(),
    checkedText('nowMs', nowMs),
    `${kind}:${nameOf(id)}`,
    checkedText('atMs', atMs),
    checkedText('untilMs', untilMs),
    JSON.stringify([kind, id]),
  ]
}

// A place of another epoch, or one ahead of the last: data was lost, and the reader is told everything anew.
const CHANGES_SINCE = defineScript(`
local epoch, last = redis.call('GET', K('epoch')) or '', redis.call('GET', K('seq')) or '0'
local from = ARGV[2]
if ARGV[1] ~= epoch or tonumber(from) > tonumber(last) then from = '0' end
local found = redis.call('ZRANGEBYSCORE', K('changes'), '(' .. from, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local rows = {}
for at = 1, #found, 2 do
  local change = redis.call('HGET', K('change'), found[at])
  if not change then error('a change is in the list and nowhere else') end
  rows[#rows + 1] = string.format('%.0f', tonumber(found[at + 1])) .. '|' .. change
end
return { epoch, last, rows }
`)

const PAGE = 1_000

/** Reads what was changed. It writes nothing. */
export function createChanges(run: RunScript): Store['changesSince'] {
  return async (cursor) => {
    const [, epoch = '', seq = '0'] = /^([^:]*):(\d{1,16})$/.exec(cursor ?? '') ?? []
    const [nowEpoch, last, found] = listOf(await run(CHANGES_SINCE, epoch, seq, String(PAGE + 1)))
    const rows = listOf(found).map(rowOf)
    const page = rows.slice(0, PAGE)
    const hasMore = rows.length > PAGE
    const next = (hasMore ? page.at(-1)?.seq : undefined) ?? textOf(last)
    return {
      changes: page.map(({ change }) => change),
      cursor: `${textOf(nowEpoch)}:${next}`,
      hasMore,
    } satisfies ChangePage
  }
}

function rowOf(reply: unknown): { readonly seq: string; readonly change: Change } {
  const [, seq = '', atMs, untilMs, label = ''] =
    /^(\d+)\|([^|]*)\|([^|]*)\|(.*)$/su.exec(textOf(reply)) ?? []
  const [kind, id] = JSON.parse(label) as [Change['kind'], string]
  return { seq, change: { kind, id, atMs: Number(atMs), untilMs: Number(untilMs) } }
}
