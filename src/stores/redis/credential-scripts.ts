import { TELL, TELL_ARGUMENTS } from './changes.js'
import { defineScript, type Script } from './script.js'

/**
 * Keys of credentials, each behind the store's own key:
 *
 * - `entry:<id>`: a hash of what scripts look at, and the document they never do.
 * - `lookup`: a hash from digests and key ids to ids.
 * - `all`, `live`, `account:<account>`, `live-account:<account>`: sorted sets of places. Every place has the score 0, so
 *   they are in the order of their text, which is that of `createdAtMs` and then of the id.
 * - `wallet:<address>`: a set of the ids that are not revoked.
 */
const READING = `
local function entryKey(id) return K('entry:' .. id) end
local function idOfPlace(place) return string.sub(place, 18) end
local function read(id)
  local entry = redis.call('HMGET', entryKey(id), 'version', 'status', 'revokedAt', 'document')
  if not entry[4] then return false end
  return entry
end
local function readKnown(id) return read(id) or error('an entry is in an index and nowhere else') end
`

const argument = (at: number) => `ARGV[${TELL_ARGUMENTS + at}]`

// The arguments of an entry, behind those of `tell()`.
const STATUS = argument(3)
const REVOKED_AT = argument(4)
const LOOKUPS = argument(7)
const WALLETS = argument(8)
const DOCUMENT = argument(9)
const LIMIT = argument(10)

const WRITING = `
local function unlist(entry)
  redis.call('ZREM', K('live'), entry.place)
  redis.call('ZREM', K('live-account:' .. entry.account), entry.place)
  for _, wallet in ipairs(cjson.decode(entry.wallets)) do redis.call('SREM', K('wallet:' .. wallet), entry.id) end
end
local function stored(id)
  local found = redis.call('HMGET', entryKey(id),
    'version', 'status', 'account', 'place', 'lookups', 'wallets', 'call')
  if not found[1] then return nil end
  return { id = id, version = tonumber(found[1]), status = found[2], account = found[3], place = found[4],
    lookups = found[5], wallets = found[6], call = found[7] }
end
`

const PUTTING = `
local id, version = ${argument(1)}, ${argument(2)}
local account, place = ${argument(5)}, ${argument(6)}
local lookups, wallets = cjson.decode(${LOOKUPS}), cjson.decode(${WALLETS})
local function isTaken()
  for _, lookup in ipairs(lookups) do
    local owner = redis.call('HGET', K('lookup'), lookup)
    if owner and owner ~= id then return true end
  end
  return false
end
local function put()
  redis.call('HSET', entryKey(id), 'version', version, 'status', ${STATUS}, 'revokedAt', ${REVOKED_AT},
    'account', account, 'place', place, 'lookups', ${LOOKUPS}, 'wallets', ${WALLETS}, 'document', ${DOCUMENT},
    'call', CALL)
  for _, lookup in ipairs(lookups) do redis.call('HSET', K('lookup'), lookup, id) end
  redis.call('ZADD', K('all'), 0, place)
  redis.call('ZADD', K('account:' .. account), 0, place)
  if ${STATUS} == 'revoked' then return end
  redis.call('ZADD', K('live'), 0, place)
  redis.call('ZADD', K('live-account:' .. account), 0, place)
  for _, wallet in ipairs(wallets) do redis.call('SADD', K('wallet:' .. wallet), id) end
end
`

/** Answers what became of it. A call that comes twice, because its connection broke, is answered as it was. */
export const ADD: Script = defineScript(
  READING,
  TELL,
  WRITING,
  PUTTING,
  `
local known = stored(id)
if known then return known.call == CALL and 'added' or 'duplicate' end
if isTaken() then return 'duplicate' end
local limit = tonumber(${LIMIT})
if limit and redis.call('ZCARD', K('live-account:' .. account)) >= limit then return 'full' end
put()
tell()
return 'added'
`,
)

/** Puts an entry in the place of its version before. */
export const CHANGE: Script = defineScript(
  READING,
  TELL,
  WRITING,
  PUTTING,
  `
local known = stored(id)
if not known then return 'no' end
if known.call == CALL and known.version == tonumber(version) then return 'yes' end
if known.status == 'revoked' or known.version ~= tonumber(version) - 1 or isTaken() then return 'no' end
for _, lookup in ipairs(cjson.decode(known.lookups)) do redis.call('HDEL', K('lookup'), lookup) end
unlist(known)
redis.call('ZREM', K('all'), known.place)
redis.call('ZREM', K('account:' .. known.account), known.place)
put()
tell()
return 'yes'
`,
)

/** Revokes by kind, name and time, behind the arguments of `tell()`. */
export const REVOKE: Script = defineScript(
  READING,
  TELL,
  WRITING,
  `
local kind, name, atMs = ${argument(1)}, ${argument(2)}, ${argument(3)}
local function revoke(id)
  local known = stored(id)
  if not known then return false end
  if known.status ~= 'revoked' then
    unlist(known)
    redis.call('HSET', entryKey(id), 'version', string.format('%.0f', known.version + 1), 'status', 'revoked',
      'revokedAt', atMs)
  end
  return true
end
if kind == 'credential' then
  if not revoke(name) then return 'no' end
elseif kind == 'wallet' then
  for _, id in ipairs(redis.call('SMEMBERS', K('wallet:' .. name))) do revoke(id) end
elseif kind == 'account' or kind == 'all' then
  local list = kind == 'all' and K('live') or K('live-account:' .. name)
  for _, place in ipairs(redis.call('ZRANGE', list, 0, -1)) do revoke(idOfPlace(place)) end
end
tell()
return 'yes'
`,
)

/** Finds an entry by what it is looked up by. */
export const FIND: Script = defineScript(
  READING,
  `
local id = redis.call('HGET', K('lookup'), ARGV[1])
if not id then return false end
return readKnown(id)
`,
)

/** Reads an entry by its id. */
export const READ: Script = defineScript(READING, 'return read(ARGV[1])')

/** A page of a list: places and entries by turns, behind a place where the second argument begins with a parenthesis. */
export const LIST: Script = defineScript(
  READING,
  `
local page = {}
for _, place in ipairs(redis.call('ZRANGEBYLEX', K(ARGV[1]), ARGV[2], '+', 'LIMIT', 0, ARGV[3])) do
  page[#page + 1] = place
  page[#page + 1] = readKnown(idOfPlace(place))
end
return page
`,
)

/** Puts a document in the place of another that says the same, where it is still there. */
export const SWAP_DOCUMENT: Script = defineScript(
  READING,
  `
local key = entryKey(ARGV[1])
if redis.call('HGET', key, 'document') ~= ARGV[2] then return 'no' end
redis.call('HSET', key, 'document', ARGV[3])
return 'yes'
`,
)
