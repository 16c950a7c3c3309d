import { defineScript, type Script } from './script.js'

/**
 * Lua: decisions, behind the store's own key:
 *
 * - `decision:<id>`: `<outcome>|<exceeded>|<sums>|<call>|<face>`. The face is JSON that no script looks into.
 * - `decisions:<outcome>:<list>`: sorted sets of places. Every place has the score 0, so they are in the order of their
 *   text, which is that of the decision's time and then of its id.
 */
const READING = `
local function decisionText(id) return redis.call('GET', K('decision:' .. id)) end
local function knownDecision(id) return decisionText(id) or error('a decision is in an index and nowhere else') end
`

/** Lua: keeps the decision that the arguments from the fourth to the seventh are. */
export const DECISIONS: string = `${READING}
local function callOf(decision) return (string.match(decision, '^[^|]*|[^|]*|[^|]*|([^|]*)|')) end
local function keepDecision(id, outcome, exceeded, sums, call)
  local text = table.concat(
    { outcome, table.concat(exceeded, ','), table.concat(sums, ','), call, ARGV[4] }, '|')
  redis.call('SET', K('decision:' .. id), text)
  for _, list in ipairs(cjson.decode(ARGV[7])) do
    redis.call('ZADD', K('decisions:' .. outcome .. ':' .. list), 0, ARGV[6])
  end
  return text
end
`

/** Reads a decision by its id. */
export const READ_DECISION: Script = defineScript(READING, 'return decisionText(ARGV[1])')

/**
 * The latest decisions of one or two lists, places and decisions by turns: below the first argument, not below the
 * second, at most so many as the third says. Lua compares texts by the server's locale, lists do by bytes.
 */
export const LIST_DECISIONS: Script = defineScript(
  READING,
  `
local most = tonumber(ARGV[3])
local function isLater(one, other)
  for at = 1, math.min(#one, #other) do
    local byte, otherByte = string.byte(one, at), string.byte(other, at)
    if byte ~= otherByte then return byte > otherByte end
  end
  return #one > #other
end
local function placesIn(list)
  if not list then return {} end
  return redis.call('ZREVRANGEBYLEX', K('decisions:' .. list), ARGV[1], ARGV[2], 'LIMIT', 0, most)
end
local some, others = placesIn(ARGV[4]), placesIn(ARGV[5])
local page, at, otherAt = {}, 1, 1
while #page < 2 * most and (some[at] or others[otherAt]) do
  local place
  if not others[otherAt] or (some[at] and isLater(some[at], others[otherAt])) then
    place, at = some[at], at + 1
  else
    place, otherAt = others[otherAt], otherAt + 1
  end
  page[#page + 1] = place
  page[#page + 1] = knownDecision(string.sub(place, 18))
end
return page
`,
)
