import type { Store, UsageBatch, UsageSum } from '../../ports/store.js'
import type { RunScript } from './client.js'
import { checkedInteger, checkedText, listOf, numberOf, textOf } from './replies.js'
import { defineScript } from './script.js'
import { nameOf } from './text.js'

/**
 * Keys of counts, each behind the store's own key:
 *
 * - `usage:<id>` and `hour:<hourMs>:<id>`: hashes, over all time and of one hour. For each route and outcome `n` and its
 *   JSON is the count, `t` and its JSON the last use.
 * - `hours:<id>`: which hours there are, a sorted set.
 * - `batch:<id>`: a batch that has been added.
 *
 * Hours go when they may be forgotten; those of credentials that nobody uses any more by themselves, later.
 */
const ADD_USAGE = defineScript(`
local groups, forgetBeforeMs = cjson.decode(ARGV[3]), tonumber(ARGV[2])
if not redis.call('SET', K('batch:' .. ARGV[1]), '1', 'NX', 'EX', 3600) then return 'known' end
local function add(hash, what, count, lastMs)
  redis.call('HINCRBY', hash, 'n' .. what, count)
  local knownMs = redis.call('HGET', hash, 't' .. what)
  if not knownMs or tonumber(lastMs) > tonumber(knownMs) then redis.call('HSET', hash, 't' .. what, lastMs) end
end
local function keep(key, lifeMs)
  if redis.call('PTTL', key) < lifeMs then redis.call('PEXPIRE', key, string.format('%.0f', lifeMs)) end
end
for _, group in ipairs(groups) do
  local id, hours = group[1], K('hours:' .. group[1])
  for _, hour in ipairs(redis.call('ZRANGEBYSCORE', hours, '-inf', '(' .. ARGV[2])) do
    redis.call('DEL', K('hour:' .. hour .. ':' .. id))
    redis.call('ZREM', hours, hour)
  end
  for _, row in ipairs(group[2]) do
    local hour, what, count, lastMs = row[1], row[2], row[3], row[4]
    add(K('usage:' .. id), what, count, lastMs)
    local leftMs = tonumber(hour) - forgetBeforeMs
    if leftMs >= 0 then
      local lifeMs = math.max(2764800000, leftMs + 7200000)
      add(K('hour:' .. hour .. ':' .. id), what, count, lastMs)
      keep(K('hour:' .. hour .. ':' .. id), lifeMs)
      redis.call('ZADD', hours, hour, hour)
      keep(hours, lifeMs)
    end
  end
end
return 'added'
`)

/** For each credential a list: null and the sums over all time, then every hour and its sums. */
const READ_USAGE = defineScript(`
local answer = {}
for _, id in ipairs(cjson.decode(ARGV[2])) do
  local sums = { '', redis.call('HGETALL', K('usage:' .. id)) }
  if ARGV[1] ~= '' then
    for _, hour in ipairs(redis.call('ZRANGEBYSCORE', K('hours:' .. id), ARGV[1], '+inf')) do
      sums[#sums + 1] = hour
      sums[#sums + 1] = redis.call('HGETALL', K('hour:' .. hour .. ':' .. id))
    end
  end
  answer[#answer + 1] = sums
end
return answer
`)

// What one script may read: Redis answers nobody else meanwhile.
const CREDENTIALS_PER_CALL = 100

/** Usage counts in Redis. */
export function createUsage(run: RunScript): Pick<Store, 'addUsage' | 'readUsage'> {
  return {
    async addUsage(batch) {
      const forgetBeforeMs = Math.min(Math.max(0, batch.forgetHoursBeforeMs), Number.MAX_SAFE_INTEGER)
      await run(
        ADD_USAGE,
        nameOf(batch.id),
        checkedText('forgetHoursBeforeMs', forgetBeforeMs),
        JSON.stringify(groupsOf(batch)),
      )
    },
    async readUsage({ credentialIds, hoursSinceMs }) {
      const since = hoursSinceMs === undefined ? '' : boundOf(hoursSinceMs)
      const ids = [...new Set(credentialIds)]
      const sums: UsageSum[] = []
      for (let at = 0; at < ids.length; at += CREDENTIALS_PER_CALL) {
        const some = ids.slice(at, at + CREDENTIALS_PER_CALL)
        const replies = listOf(await run(READ_USAGE, since, JSON.stringify(some.map(nameOf))))
        for (const [index, credentialId] of some.entries()) sums.push(...sumsOf(credentialId, replies[index]))
      }
      return sums
    },
  }
}

type Row = readonly [hour: string, what: string, count: string, last: string]

/** Rows by credential. All numbers are texts: Lua would round or rewrite them. */
function groupsOf({ counts }: UsageBatch): (readonly [id: string, rows: readonly Row[]])[] {
  const groups = new Map<string, Row[]>()
  for (const { credentialId, hourMs, route, outcome, count, lastUsedAtMs } of counts) {
    const rows = groups.get(credentialId) ?? []
    groups.set(credentialId, rows)
    rows.push([
      checkedInteger('hourMs', hourMs),
      JSON.stringify([route, outcome]),
      checkedInteger('count', count),
      checkedText('lastUsedAtMs', lastUsedAtMs),
    ])
  }
  return [...groups].map(([id, rows]) => [nameOf(id), rows])
}

function sumsOf(credentialId: string, reply: unknown): UsageSum[] {
  return pairsOf(reply).flatMap(([hour, hash]) => {
    const fields = new Map(pairsOf(hash).map(([name, value]) => [textOf(name), value]))
    const hourMs = textOf(hour) === '' ? null : numberOf(hour)
    return [...fields.keys()]
      .filter((name) => name.startsWith('n'))
      .map((name) => {
        const [route, outcome] = JSON.parse(name.slice(1)) as [string, string]
        const lastUsedAtMs = numberOf(fields.get(`t${name.slice(1)}`))
        return { credentialId, hourMs, route, outcome, count: numberOf(fields.get(name)), lastUsedAtMs }
      })
  })
}

function pairsOf(reply: unknown): (readonly [unknown, unknown])[] {
  const list = listOf(reply)
  return Array.from({ length: list.length / 2 }, (_, at) => [list[2 * at], list[2 * at + 1]])
}

function boundOf(sinceMs: number): string {
  if (Number.isFinite(sinceMs)) return String(sinceMs)
  return sinceMs > 0 ? '+inf' : '-inf'
}
