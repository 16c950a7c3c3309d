/**
 * Lua: amounts and sums are decimal texts of any length, without a sign or leading zeros. They are counted with in limbs
 * of 15 digits, the least first: a double holds those exactly, and nothing larger.
 */
export const DECIMALS = `
local function limbAt(text, last)
  if last < 1 then return 0 end
  return tonumber(string.sub(text, math.max(1, last - 14), last))
end
local function decimalOf(limbs)
  local top = #limbs
  while top > 1 and limbs[top] == 0 do top = top - 1 end
  local parts = { string.format('%.0f', limbs[top]) }
  for at = top - 1, 1, -1 do parts[#parts + 1] = string.format('%015.0f', limbs[at]) end
  return table.concat(parts)
end
local function sumOf(texts)
  local limbs = { 0 }
  for _, text in ipairs(texts) do
    local carry, at, last = 0, 1, #text
    while last > 0 or carry > 0 do
      local limb = (limbs[at] or 0) + limbAt(text, last) + carry
      carry = limb >= 1e15 and 1 or 0
      limbs[at] = limb - carry * 1e15
      at, last = at + 1, last - 15
    end
  end
  return decimalOf(limbs)
end
local function isMore(one, other)
  if #one ~= #other then return #one > #other end
  return one > other
end
local function difference(more, less)
  if isMore(less, more) then return '0' end
  local limbs, borrowed, last, lastOfLess = {}, 0, #more, #less
  while last > 0 do
    local limb = limbAt(more, last) - limbAt(less, lastOfLess) - borrowed
    borrowed = limb < 0 and 1 or 0
    limbs[#limbs + 1] = limb + borrowed * 1e15
    last, lastOfLess = last - 15, lastOfLess - 15
  end
  return decimalOf(limbs)
end
`
