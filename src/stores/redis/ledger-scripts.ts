import { BUDGETS } from './budget-scripts.js'
import { DECISIONS } from './decision-scripts.js'
import { defineScript, type Script, SERVER_TIME } from './script.js'

/** How many reservations one script lets expire: Redis answers nobody else meanwhile. */
export const EXPIRED_AT_ONCE = 100

/**
 * Lua: reservations, behind the store's own key:
 *
 * - `reservation:<id>`: JSON, all of it texts. While it is held, `taken` is what may be given back. A hash would take
 *   twice the memory, and these are never forgotten.
 * - `trail:<id>`: a list of `<event>|<atMs>|<amount>|<call>`. A call that is found in it comes for the second time.
 * - `due`: what is held, a sorted set by when its time is over.
 *
 * The first two arguments are a random name of the call and the time, empty for the server's.
 */
const RESERVATIONS = `${SERVER_TIME}${BUDGETS}
local CALL, NOW = ARGV[1], ARGV[2]
if NOW == '' then NOW = string.format('%.0f', math.floor(serverUs() / 1000)) end
local function reservationOf(id) return K('reservation:' .. id) end
local function trailOf(id) return K('trail:' .. id) end
local function keep(id, reservation) redis.call('SET', reservationOf(id), cjson.encode(reservation)) end
local function note(id, event, atMs, amount, call)
  redis.call('RPUSH', trailOf(id), table.concat({ event, atMs, amount, call }, '|'))
end

local function finish(id, reservation, state, committed, atMs)
  local uncommitted = difference(reservation.amount, committed)
  for _, taken in ipairs(reservation.taken) do
    if taken.measures == 'amount' then
      giveBack(taken, uncommitted)
    elseif state == 'released' then
      giveBack(taken, '1')
    end
  end
  redis.call('ZREM', K('due'), id)
  reservation.taken = nil
  reservation.state, reservation.settled = state, atMs
  if state == 'committed' then reservation.committed = committed end
end

local function expire(id, reservation)
  local isCommitted = reservation.onExpiry == 'commit'
  local committed = isCommitted and reservation.amount or '0'
  reservation.expired = 'yes'
  finish(id, reservation, isCommitted and 'committed' or 'released', committed, reservation.expires)
  note(id, 'expire', reservation.expires, committed, '')
  keep(id, reservation)
end

local function expireDue(limit)
  local due = redis.call('ZRANGEBYSCORE', K('due'), '-inf', NOW, 'LIMIT', 0, limit)
  for _, id in ipairs(due) do
    local known = redis.call('GET', reservationOf(id))
    -- What was lost must not keep everything else from expiring.
    if known then expire(id, cjson.decode(known)) else redis.call('ZREM', K('due'), id) end
  end
  return #due
end

local function current(id)
  local known = redis.call('GET', reservationOf(id))
  if not known then return nil end
  local reservation = cjson.decode(known)
  if reservation.state == 'held' and tonumber(reservation.expires) <= tonumber(NOW) then
    expire(id, reservation)
  end
  return reservation
end
`

/**
 * Answers whether it was made by this very call, the reservation or nothing, and the decision. `again`: more was over
 * than one script lets expire, and nothing else was done. `known`: another call has kept a decision of this id.
 */
export const RESERVE: Script = defineScript(
  RESERVATIONS,
  DECISIONS,
  `
local decisionId, id = ARGV[3], ARGV[8]
local function answer(isNew, reservation, decision)
  return { isNew, reservation and cjson.encode(reservation) or '', decision }
end
local made = decisionText(decisionId)
local known = id ~= '' and current(id)
if made and (id == '' or callOf(made) == CALL) then
  return answer(callOf(made) == CALL and 'yes' or 'no', known, made)
end
local isRenewed = known and ARGV[13] == 'yes' and (known.state == 'declined' or known.state == 'released')
  and string.sub(known.face, 1, tonumber(ARGV[15])) == string.sub(ARGV[9], 1, tonumber(ARGV[15]))
if known and not isRenewed then return answer('no', known, knownDecision(known.decision)) end
if made then return { 'known' } end

local outcome, amount, takes = ARGV[5], ARGV[10], {}
if outcome == 'approved' and id ~= '' then takes = cjson.decode(ARGV[14]) end
if #takes > 0 and expireDue(${EXPIRED_AT_ONCE}) == ${EXPIRED_AT_ONCE} then return { 'again' } end
local sums, exceeded = {}, {}
local function measured(take) return take.measures == 'amount' and amount or '1' end
for at, take in ipairs(takes) do
  sums[at] = countedWithin(take.key, take.from, take.to)
  if isMore(sumOf({ sums[at], measured(take) }), take.limit) then exceeded[#exceeded + 1] = at - 1 end
end
if #exceeded > 0 then outcome = 'declined' end

local decision = keepDecision(decisionId, outcome, exceeded, sums, CALL)
if id == '' then return answer('yes', nil, decision) end
local expires = string.format('%.17g', tonumber(NOW) + tonumber(ARGV[11]))
local reservation = { face = ARGV[9], decision = decisionId, amount = amount, onExpiry = ARGV[12], created = NOW,
  expires = expires }
if outcome == 'declined' and ARGV[16] ~= 'yes' then
  reservation.state = 'declined'
  note(id, 'decline', NOW, amount, CALL)
else
  reservation.state, reservation.taken = 'held', {}
  -- What is held although it was declined takes nothing.
  for at, take in ipairs(outcome == 'approved' and takes or {}) do
    local stamp = count(take, measured(take), sums[at], CALL)
    if take.measures ~= 'use' then
      local taken = { key = take.key, measures = take.measures, at = take.at, stamp = stamp }
      reservation.taken[#reservation.taken + 1] = taken
    end
  end
  redis.call('ZADD', K('due'), expires, id)
  note(id, 'reserve', NOW, amount, CALL)
end
keep(id, reservation)
return answer('yes', reservation, decision)
`,
)

/** Answers whether it was settled by this very call, and the reservation. `more`: it is not as much as that. */
export const SETTLE: Script = defineScript(
  RESERVATIONS,
  `
local id, way, amount, maker = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local reservation = current(id)
if not reservation then return false end
if amount ~= '' and isMore(amount, reservation.amount) then return { 'more' } end
for _, row in ipairs(redis.call('LRANGE', trailOf(id), -100, -1)) do
  if string.sub(row, -#CALL) == CALL then return { 'yes', cjson.encode(reservation) } end
end
local isMeant = maker == '' or reservation.decision == maker
if reservation.state ~= 'held' or not isMeant then return { 'no', cjson.encode(reservation) } end
if way == 'release' then
  finish(id, reservation, 'released', '0', NOW)
  note(id, 'release', NOW, reservation.amount, CALL)
else
  local committed = amount ~= '' and amount or reservation.amount
  finish(id, reservation, 'committed', committed, NOW)
  note(id, 'commit', NOW, committed, CALL)
end
keep(id, reservation)
return { 'yes', cjson.encode(reservation) }
`,
)

/** A reservation and its trail. */
export const READ_RESERVATION: Script = defineScript(
  RESERVATIONS,
  `
local reservation = current(ARGV[3])
if not reservation then return false end
return { cjson.encode(reservation), redis.call('LRANGE', trailOf(ARGV[3]), 0, -1) }
`,
)

/** Lets at most so many expire, and answers how many did. */
export const EXPIRE: Script = defineScript(RESERVATIONS, `return string.format('%.0f', expireDue(ARGV[3]))`)

/** The sums of spans, or `again` as in {@link RESERVE}. */
export const READ_SUMS: Script = defineScript(
  RESERVATIONS,
  `
if expireDue(${EXPIRED_AT_ONCE}) == ${EXPIRED_AT_ONCE} then return { 'again' } end
local sums = {}
for at, span in ipairs(cjson.decode(ARGV[3])) do sums[at] = countedWithin(span.key, span.from, span.to) end
return { 'sums', sums }
`,
)
