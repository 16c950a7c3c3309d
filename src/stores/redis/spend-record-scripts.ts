import { defineScript, type Script } from './script.js'

/**
 * Keys of records, each behind the store's own key:
 *
 * - `record:<kind>:<id>`: a hash of what scripts look at, and the document they never do. `calls` are the last that have
 *   written it: one that is sent twice is told so.
 * - `record-lookups:<kind>`: a hash from what records are found by to their ids.
 * - `records:<list>`: sorted sets of places, as those of credentials.
 */
const READING = `
local function recordOf(kind, id) return K('record:' .. kind .. ':' .. id) end
local function lookupsOf(kind) return K('record-lookups:' .. kind) end
local function read(kind, id) return redis.call('HGET', recordOf(kind, id), 'document') end
local function readKnown(kind, id) return read(kind, id) or error('a record is in an index and nowhere else') end
`

const PUTTING = `
local CALL, kind, id, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local place, lists, lookups, document = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local function stored()
  local found = redis.call('HMGET', recordOf(kind, id), 'version', 'place', 'lists', 'lookups', 'calls')
  if not found[1] then return nil end
  return { version = tonumber(found[1]), place = found[2], lists = found[3], lookups = found[4], calls = found[5] }
end
local function isMine(known) return string.find(known.calls, CALL, 1, true) ~= nil end
local function isTaken()
  for _, lookup in ipairs(cjson.decode(lookups)) do
    local owner = redis.call('HGET', lookupsOf(kind), lookup)
    if owner and owner ~= id then return true end
  end
  return false
end
local function put(calls)
  redis.call('HSET', recordOf(kind, id), 'version', version, 'place', place, 'lists', lists, 'lookups', lookups,
    'document', document, 'calls', string.sub(CALL .. ' ' .. calls, 1, 100))
  for _, lookup in ipairs(cjson.decode(lookups)) do redis.call('HSET', lookupsOf(kind), lookup, id) end
  for _, list in ipairs(cjson.decode(lists)) do redis.call('ZADD', K('records:' .. list), 0, place) end
end
`

/** Answers what became of it. */
export const ADD_RECORD: Script = defineScript(
  READING,
  PUTTING,
  `
local known = stored()
if known then return isMine(known) and 'added' or 'duplicate' end
if isTaken() then return 'duplicate' end
put('')
return 'added'
`,
)

/** Puts a record in the place of its version before. */
export const CHANGE_RECORD: Script = defineScript(
  READING,
  PUTTING,
  `
local known = stored()
if not known then return 'stale' end
if isMine(known) then return 'changed' end
if known.version ~= tonumber(version) - 1 then return 'stale' end
if isTaken() then return 'duplicate' end
for _, lookup in ipairs(cjson.decode(known.lookups)) do redis.call('HDEL', lookupsOf(kind), lookup) end
for _, list in ipairs(cjson.decode(known.lists)) do redis.call('ZREM', K('records:' .. list), known.place) end
put(known.calls)
return 'changed'
`,
)

/** Reads a record by its kind and id. */
export const READ_RECORD: Script = defineScript(READING, 'return read(ARGV[1], ARGV[2])')

/** Finds a record of a kind by what it is found by. */
export const FIND_RECORD: Script = defineScript(
  READING,
  `
local id = redis.call('HGET', lookupsOf(ARGV[1]), ARGV[2])
if not id then return false end
return readKnown(ARGV[1], id)
`,
)

/** A page of a list, behind a place where the third argument begins with a parenthesis. */
export const LIST_RECORDS: Script = defineScript(
  READING,
  `
local page = {}
for _, place in ipairs(redis.call('ZRANGEBYLEX', K('records:' .. ARGV[2]), ARGV[3], '+', 'LIMIT', 0, ARGV[4])) do
  page[#page + 1] = readKnown(ARGV[1], string.sub(place, 18))
end
return page
`,
)
