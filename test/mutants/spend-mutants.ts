import type { Mutant } from './mutants.js'

const LEDGER = ['test/contract/spend-stores.test.ts']
const WINDOWS = ['test/spend/windows-rolling.test.ts']
const AUTHORIZE = ['test/spend/authorize.test.ts']
const OUTAGES = ['test/spend/authorize-idempotency.test.ts']
const MODES = ['test/spend/authorize-modes.test.ts']
const CAPTURE = ['test/spend/authorizations']
const GUARD = ['test/contract/spend-guard-settling.test.ts']
const EVALUATE = ['test/spend/evaluate.test.ts']

/** Bugs by which somebody spends what they may not, twice, or never again. */
export const spendMutants: readonly Mutant[] = [
  {
    name: 'a budget lets one through that does not fit',
    file: 'src/stores/memory/ledger.ts',
    find: 'unitsOf(take, asked) > take.limit',
    replace: 'unitsOf(take, asked) > take.limit + 1n',
    tests: LEDGER,
  },
  {
    name: 'only the first limit of a decision counts',
    file: 'src/stores/memory/ledger.ts',
    find: "const outcome = exceeded.length > 0 ? 'declined' : decision.outcome",
    replace: "const outcome = exceeded.includes(0) ? 'declined' : decision.outcome",
    tests: LEDGER,
  },
  {
    name: 'what nobody settles is held for ever',
    file: 'src/stores/memory/ledger.ts',
    find: '    expire(nowMs, Number.POSITIVE_INFINITY)\n',
    replace: '',
    tests: LEDGER,
  },
  {
    name: 'an approval can be used again once its spend was given back',
    file: 'src/stores/memory/ledger.ts',
    find: 'count: committed === null ? 1n : 0n, use: 0n',
    replace: 'count: committed === null ? 1n : 0n, use: committed === null ? 1n : 0n',
    tests: LEDGER,
  },
  {
    name: 'a rolling window forgets a step early',
    file: 'src/spend/windows.ts',
    find: 'Math.floor((nowMs - seconds * 1_000) / stepMs) * stepMs',
    replace: 'Math.ceil((nowMs - seconds * 1_000) / stepMs) * stepMs',
    tests: WINDOWS,
  },
  {
    name: 'budgets of two currencies are one',
    file: 'src/spend/evaluate.ts',
    find: 'if (budget.asset !== null && budget.asset !== asset) continue',
    replace: '',
    tests: EVALUATE,
  },
  {
    name: 'a spend without a merchant gets around the list of merchants',
    file: 'src/spend/evaluate-checks.ts',
    find: "if (name === '') return because(",
    replace: "if (name === '' && allow !== null) return because(",
    tests: EVALUATE,
  },
  {
    name: 'a processor may use whatever is bound',
    file: 'src/spend/standing.ts',
    find: "if (purpose === 'authorize') return processors.includes(callerAccountId)",
    replace: "if (purpose === 'authorize') return true",
    tests: AUTHORIZE,
  },
  {
    name: 'a suspended agent goes on spending',
    file: 'src/spend/standing.ts',
    find: "check('agent_active', agent.status === 'active', 'AGENT_INACTIVE')",
    replace: "check('agent_active', agent.status !== 'retired', 'AGENT_INACTIVE')",
    tests: AUTHORIZE,
  },
  {
    name: 'spending opens where the ledger is away',
    file: 'src/spend/authorizer.ts',
    find: "outcome instanceof Refused && standing.mandate.mode === 'observe'",
    replace: 'outcome instanceof Refused',
    tests: OUTAGES,
  },
  {
    name: 'what is observed is taken of the budgets that are enforced',
    file: 'src/spend/authorizer.ts',
    find: "mandate.mode === 'observe' ? 'shadow' : 'live'",
    replace: "mandate.mode === 'observe' ? 'live' : 'live'",
    tests: MODES,
  },
  {
    name: 'an idempotency key is anybody’s',
    file: 'src/routes/idempotency.ts',
    find: 'digestOf(JSON.stringify([accountId, route, key]))',
    replace: 'digestOf(JSON.stringify([route, key]))',
    tests: OUTAGES,
  },
  {
    name: 'anybody captures what somebody else was granted',
    file: 'src/spend/settler.ts',
    find: 'if (found?.reservation.accountId !== accountId) return NOT_FOUND',
    replace: 'if (found === undefined) return NOT_FOUND',
    tests: CAPTURE,
  },
  {
    name: 'a capture that comes late is taken for one in time',
    file: 'src/spend/settler.ts',
    find: '  if (expired) return false\n',
    replace: '  if (expired) return true\n',
    tests: CAPTURE,
  },
  {
    name: 'an error of the handler gives back what it may have spent',
    file: 'src/spend/guard-passage.ts',
    find: 'status >= 400 && status < 500',
    replace: 'status >= 400',
    tests: GUARD,
  },
  {
    name: 'a client that hangs up has spent nothing',
    file: 'src/spend/guard-passage.ts',
    find: 'const breakOff = () => end(COMMIT)',
    replace: 'const breakOff = () => end(RELEASE)',
    tests: GUARD,
  },
]
