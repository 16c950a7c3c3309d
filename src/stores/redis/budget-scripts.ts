import { DECIMALS } from './decimals.js'

/**
 * Lua: what is counted of budgets, behind the store's own key:
 *
 * - `budget:<key>`: a hash from moments to sums. Where a span without an end was counted in, `total` is the sum of all
 *   that is counted at `since` or later: a rolling span then reads only the moments that it has lost since. `floor` is
 *   the latest moment that was forgotten.
 * - `moments:<key>`: the moments that have a sum, a sorted set.
 *
 * After a clock has jumped back, something may be counted at a moment that was forgotten. Its sum then has a stamp
 * (`~` and the moment): what was counted there earlier is not taken off it.
 */
export const BUDGETS: string = `${DECIMALS}
local ENDLESS = ${Number.MAX_SAFE_INTEGER}
local function budgetOf(name) return K('budget:' .. name) end
local function momentsOf(name) return K('moments:' .. name) end

local function countedBetween(name, first, last)
  local moments, sum = redis.call('ZRANGEBYSCORE', momentsOf(name), first, last), '0'
  for at = 1, #moments, 1000 do
    local sums = redis.call('HMGET', budgetOf(name), unpack(moments, at, math.min(at + 999, #moments)))
    for _, known in ipairs(sums) do if not known then error('a moment has no sum') end end
    sums[#sums + 1] = sum
    sum = sumOf(sums)
  end
  return sum
end

local function countedWithin(name, from, to)
  if from == to then return redis.call('HGET', budgetOf(name), from) or '0' end
  if tonumber(to) < ENDLESS then return countedBetween(name, from, to) end
  local known = redis.call('HMGET', budgetOf(name), 'since', 'total')
  if not known[1] then return countedBetween(name, from, '+inf') end
  if tonumber(from) < tonumber(known[1]) then
    return sumOf({ known[2], countedBetween(name, from, '(' .. known[1]) })
  end
  return difference(known[2], countedBetween(name, known[1], '(' .. from))
end

local function forget(name, before)
  local known = redis.call('HMGET', budgetOf(name), 'since', 'floor')
  if known[1] and tonumber(known[1]) < tonumber(before) then before = known[1] end
  local gone = redis.call('ZRANGEBYSCORE', momentsOf(name), '-inf', '(' .. before, 'LIMIT', 0, 50)
  local latest = gone[#gone]
  if not latest then return end
  if not known[2] or tonumber(known[2]) < tonumber(latest) then
    redis.call('HSET', budgetOf(name), 'floor', latest)
  end
  redis.call('ZREM', momentsOf(name), unpack(gone))
  for _, moment in ipairs(gone) do redis.call('HDEL', budgetOf(name), moment, '~' .. moment) end
end

local function count(take, amount, counted, stamp)
  local key, at = budgetOf(take.key), take.at
  local known = redis.call('HMGET', key, at, '~' .. at, 'floor', 'since', 'total')
  local fields = { at, sumOf({ known[1] or '0', amount }) }
  local function set(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  if take.from ~= take.to and tonumber(take.to) >= ENDLESS then
    set('since', take.from)
    set('total', sumOf({ counted, amount }))
  elseif known[4] and tonumber(at) >= tonumber(known[4]) then
    set('total', sumOf({ known[5], amount }))
  end
  local isAnew = not known[1] and known[3] and tonumber(at) <= tonumber(known[3])
  if isAnew then set('~' .. at, stamp) end
  redis.call('HSET', key, unpack(fields))
  if not known[1] then
    redis.call('ZADD', momentsOf(take.key), at, at)
    forget(take.key, take.keepFrom)
  end
  return isAnew and stamp or known[2] or ''
end

local function giveBack(taken, amount)
  if amount == '0' then return end
  local key, at = budgetOf(taken.key), taken.at
  local known = redis.call('HMGET', key, at, '~' .. at, 'since', 'total')
  if not known[1] or (known[2] or '') ~= taken.stamp then return end
  if known[3] and tonumber(at) >= tonumber(known[3]) then
    redis.call('HSET', key, 'total', difference(known[4], amount))
  end
  local left = difference(known[1], amount)
  if left ~= '0' then
    redis.call('HSET', key, at, left)
  else
    redis.call('HDEL', key, at, '~' .. at)
    redis.call('ZREM', momentsOf(taken.key), at)
  end
end
`
