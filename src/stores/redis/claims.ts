import { randomUUID } from 'node:crypto'
import type { Clock } from '../../ports/clock.js'
import type { Store } from '../../ports/store.js'
import type { RunScript } from './client.js'
import { checkedText, yesOf } from './replies.js'
import { defineScript, SERVER_TIME } from './script.js'
import { nameOf } from './text.js'

// The slower of two clocks decides, and a minute is added: a clock that is wrong makes a claim last longer, never shorter.
// A client may send a call twice, after its connection broke: whoever made the claim is told so again.
const CLAIM = defineScript(
  SERVER_TIME,
  `
local name, caller = K('claim:' .. ARGV[1]), ARGV[2]
local nowMs = math.min(tonumber(ARGV[4]), serverUs() / 1000)
local lifeMs = math.max(60000, tonumber(ARGV[3]) - nowMs + 60000)
local made
if lifeMs > 1e14 then
  made = redis.call('SET', name, caller, 'NX')
else
  made = redis.call('SET', name, caller, 'NX', 'PX', string.format('%.0f', math.ceil(lifeMs)))
end
if made or redis.call('GET', name) == caller then return 'yes' end
return 'no'
`,
)

/** Single use, for all who share the keys. */
export function createClaims(run: RunScript, clock: Clock): Store['claim'] {
  return async (key, expiresAtMs) => {
    const endsAt = checkedText('expiresAtMs', expiresAtMs)
    return yesOf(await run(CLAIM, nameOf(key), randomUUID(), endsAt, String(clock.wallMs())))
  }
}
