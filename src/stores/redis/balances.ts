import type { BalanceStore, KeptBalance } from '../../ports/balance-store.js'
import type { RunScript } from './client.js'
import { amountOf, checkedInteger, checkedText, listOf, numberOf, textOf } from './replies.js'
import { defineScript, SERVER_TIME } from './script.js'
import { nameOf } from './text.js'

// Of one slot, an exact answer says more than a lower bound.
const KEEP = defineScript(
  SERVER_TIME,
  `
local key, slot, exact = K('balance:' .. ARGV[1]), ARGV[4], ARGV[5]
local known = redis.call('HMGET', key, 'slot', 'exact')
if known[1] then
  local ahead = tonumber(known[1]) - tonumber(slot)
  if ahead > 0 or (ahead == 0 and known[2] == 'yes' and exact == 'no') then return 'older' end
end
redis.call('HSET', key, 'amount', ARGV[2], 'decimals', ARGV[3], 'slot', slot, 'exact', exact,
  'keptUs', string.format('%.0f', serverUs()))
redis.call('PEXPIRE', key, ARGV[6])
return 'kept'
`,
)

const READ = defineScript(
  SERVER_TIME,
  `
local kept = redis.call('HMGET', K('balance:' .. ARGV[1]), 'amount', 'decimals', 'slot', 'exact', 'keptUs')
if not kept[1] then return false end
kept[5] = string.format('%.3f', math.max(0, serverUs() - tonumber(kept[5])) / 1000)
return kept
`,
)

/** Balances that instances share. Their age is by the server's clock. */
export function createBalances(run: RunScript): BalanceStore {
  const keyOf = ({ mint, owner }: { readonly mint: string; readonly owner: string }) =>
    nameOf(JSON.stringify([mint, owner]))

  return {
    async readBalance(query) {
      const reply = await run(READ, keyOf(query))
      return reply === null ? undefined : keptOf(reply)
    },
    async keepBalance(query, { amount, decimals, slot, exact }, ttlMs) {
      const lifeMs = Math.floor(ttlMs)
      if (lifeMs < 1) return
      await run(
        KEEP,
        keyOf(query),
        String(amount),
        checkedInteger('decimals', decimals),
        checkedInteger('slot', slot),
        exact ? 'yes' : 'no',
        checkedText('ttlMs', lifeMs),
      )
    },
  }
}

function keptOf(reply: unknown): KeptBalance {
  const [amount, decimals, slot, exact, ageMs] = listOf(reply)
  return {
    amount: amountOf(amount),
    decimals: numberOf(decimals),
    slot: numberOf(slot),
    exact: textOf(exact) === 'yes',
    ageMs: numberOf(ageMs),
  }
}
