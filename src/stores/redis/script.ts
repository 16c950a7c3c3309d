import { createHash } from 'node:crypto'

/** A Lua script and the digest that Redis knows it by. */
export interface Script {
  readonly text: string
  readonly sha: string
}

// Every name begins with the one key that a script is given: a client's own prefix is then before all of them.
const NAMES = `
local function K(name) return KEYS[1] .. ':' .. name end
`

/**
 * Puts a script together. It answers nil, texts and lists of texts only: numbers are not the same in every client. It
 * checks everything before its first write, because what was written is not undone where a later line fails.
 */
export function defineScript(...parts: readonly string[]): Script {
  const text = [NAMES, ...parts].join('')
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Lua: `serverUs()`, the server's time in microseconds. */
export const SERVER_TIME = `
local function serverUs()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
`
