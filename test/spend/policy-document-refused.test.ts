import { describe, expect, it } from 'vitest'
import type { FieldProblem } from '../../src/spend/field-problem.js'
import { isRefusedPolicy, readPolicyDocument } from '../../src/spend/policy-document.js'

const MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
const OTHER_MINT = 'Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB'
const usd = (amount: unknown) => ({ amount, currency: 'USD' })
const MONTH = { calendar: 'month', time_zone: 'Europe/Berlin' }
const budget = (members: object) => ({ name: 'monthly', ...usd(100_000), window: MONTH, ...members })
const perDay = (members: object) => ({ name: 'per day', count: 10, window: 'lifetime', ...members })
const BASE = { name: 'office purchases', per_transaction: [usd(5_000)] }

function problemsOf(document: unknown): readonly FieldProblem[] {
  const read = readPolicyDocument(document)
  return isRefusedPolicy(read) ? read : []
}

const pathsOf = (members: object) => problemsOf({ ...BASE, ...members }).map(({ path }) => path)

describe('a policy document is refused, with the path of what is wrong,', () => {
  it.each<[string, object, string[]]>([
    ['a name that is missing', { name: undefined }, ['name', 'name']],
    ['an empty name', { name: ' ' }, ['name']],
    ['a name that is too long', { name: 'x'.repeat(201) }, ['name']],
    ['a name with a control character', { name: 'a\u0000b' }, ['name']],
    ['a name with half a character', { name: 'a\ud800b' }, ['name']],
    ['a member that is not known', { currency: 'USD' }, ['currency']],
    ['a member that has another name', { Budgets: [] }, ['Budgets']],
    ['a member with a strange name', { 'a.b[0]': 1 }, ['["a.b[0]"]']],
    ['a template that is not known', { template: 'high-risk' }, ['template']],
    ['a requirement without a value', { mccs: undefined }, ['mccs']],
    [
      'null',
      { mccs: null, merchants: null, hours: null, approval: null },
      ['merchants', 'mccs', 'hours', 'approval'],
    ],
    [
      'null for lists',
      { currencies: null, budgets: null, counts: null },
      ['currencies', 'budgets', 'counts'],
    ],

    ['a currency in lower case', { currencies: ['usd'] }, ['currencies[0]']],
    ['a currency twice', { currencies: ['USD', 'USD'] }, ['currencies[1]']],
    ['no currency', { currencies: [] }, ['currencies']],
    ['no mint', { mints: [] }, ['mints']],
    ['a mint that is none', { mints: ['USDC'] }, ['mints[0]']],
    ['a mint twice', { mints: [MINT, MINT], counts: [perDay({})] }, ['mints[1]']],
    [
      'an asset that nothing limits',
      { currencies: ['USD', 'EUR'], mints: [MINT] },
      ['currencies[1]', 'mints[0]'],
    ],

    [
      'a limit in a currency that is not allowed',
      { currencies: ['EUR'], counts: [perDay({})] },
      ['per_transaction[0].currency'],
    ],
    [
      'a budget in a mint that is not allowed',
      {
        mints: [OTHER_MINT],
        counts: [perDay({})],
        budgets: [{ name: 'a', amount: 5, mint: MINT, window: 'lifetime' }],
      },
      ['budgets[0].mint'],
    ],
    [
      'an approval in a currency that is not allowed',
      { approval: { above: [{ amount: 5, currency: 'EUR' }] } },
      ['approval.above[0].currency'],
    ],

    ['two limits on one asset', { per_transaction: [usd(5), usd(6)] }, ['per_transaction[1]']],
    ['an amount of zero', { per_transaction: [usd(0)] }, ['per_transaction[0].amount']],
    ['a negative amount', { per_transaction: [usd(-1)] }, ['per_transaction[0].amount']],
    ['a fraction', { per_transaction: [usd(0.5)] }, ['per_transaction[0].amount']],
    ['a huge amount', { per_transaction: [usd('18446744073709551616')] }, ['per_transaction[0].amount']],
    ['an exponent', { per_transaction: [usd('1e3')] }, ['per_transaction[0].amount']],
    [
      'a limit with a currency and a mint',
      { per_transaction: [{ ...usd(5), mint: MINT }] },
      ['per_transaction[0].mint'],
    ],
    ['a limit on nothing', { per_transaction: [{ amount: 5 }] }, ['per_transaction[0].currency']],
    ['a limit that is no object', { per_transaction: [5] }, ['per_transaction[0]']],
    ['limits that are no list', { per_transaction: usd(5) }, ['per_transaction']],
    [
      'a limit with a window',
      { per_transaction: [{ ...usd(5), window: 'lifetime' }] },
      ['per_transaction[0].window'],
    ],

    ['a budget without a name', { budgets: [budget({ name: '' })] }, ['budgets[0].name']],
    ['budgets of one name', { budgets: [budget({}), budget({ window: 'lifetime' })] }, ['budgets[1].name']],
    [
      'a count with the name of a budget',
      { budgets: [budget({})], counts: [perDay({ name: 'monthly' })] },
      ['counts[0].name'],
    ],
    ['a budget without a window', { budgets: [{ name: 'a', ...usd(5_000) }] }, ['budgets[0].window']],
    [
      'a time zone that is not known',
      {
        budgets: [
          budget({}),
          budget({ name: 'b', window: { calendar: 'day', time_zone: 'Europe/Atlantis' } }),
        ],
      },
      ['budgets[1].window.time_zone'],
    ],
    [
      'an offset for a time zone',
      { budgets: [budget({ window: { calendar: 'day', time_zone: '+01:00' } })] },
      ['budgets[0].window.time_zone'],
    ],
    [
      'the time zone of the machine',
      { budgets: [budget({ window: { calendar: 'day', time_zone: 'local' } })] },
      ['budgets[0].window.time_zone'],
    ],
    [
      'a calendar without a time zone',
      { budgets: [budget({ window: { calendar: 'day' } })] },
      ['budgets[0].window.time_zone'],
    ],
    [
      'a time zone without a calendar',
      { budgets: [budget({ window: { time_zone: 'UTC' } })] },
      ['budgets[0].window.calendar'],
    ],
    [
      'a year',
      { budgets: [budget({ window: { calendar: 'year', time_zone: 'UTC' } })] },
      ['budgets[0].window.calendar'],
    ],
    [
      'a window that rolls by the calendar',
      { budgets: [budget({ window: { ...MONTH, rolling_seconds: 5 } })] },
      ['budgets[0].window.calendar', 'budgets[0].window.time_zone'],
    ],
    [
      'a window of no length',
      { budgets: [budget({ window: { rolling_seconds: 0 } })] },
      ['budgets[0].window.rolling_seconds'],
    ],
    [
      'a window of half a second',
      { budgets: [budget({ window: { rolling_seconds: 0.5 } })] },
      ['budgets[0].window.rolling_seconds'],
    ],
    [
      'a window of more than a year',
      { budgets: [budget({ window: { rolling_seconds: 31_622_401 } })] },
      ['budgets[0].window.rolling_seconds'],
    ],
    ['a window that is a word', { budgets: [budget({ window: 'month' })] }, ['budgets[0].window']],
    [
      'a misspelt window',
      { budgets: [budget({ window: { rolling_second: 5 } })] },
      ['budgets[0].window.rolling_second', 'budgets[0].window.calendar', 'budgets[0].window.time_zone'],
    ],
    ['a count of zero', { counts: [perDay({ count: 0 })] }, ['counts[0].count']],
    ['a count that is huge', { counts: [perDay({ count: 1_000_000_001 })] }, ['counts[0].count']],
    ['a count of money', { counts: [perDay({ currency: 'USD' })] }, ['counts[0].currency']],
    [
      'too many budgets',
      { budgets: Array.from({ length: 51 }, (_, at) => budget({ name: `${at}` })) },
      ['budgets'],
    ],
    [
      'too many budgets and counts',
      {
        budgets: Array.from({ length: 25 }, (_, at) => budget({ name: `${at}` })),
        counts: Array.from({ length: 26 }, (_, at) => perDay({ name: `c${at}` })),
      },
      ['counts'],
    ],

    ['nobody to pay', { merchants: { allow: [] } }, ['merchants.allow']],
    [
      'a merchant allowed and denied',
      { merchants: { allow: ['Figma Inc.'], deny: ['a', ' FIGMA  inc.'] } },
      ['merchants.deny[1]'],
    ],
    ['a merchant twice', { merchants: { deny: ['Figma', 'figma'] } }, ['merchants.deny[1]']],
    ['a merchant that nobody sees', { merchants: { deny: ['\u200b'] } }, ['merchants.deny[0]']],
    ['a merchant of too many characters', { merchants: { deny: ['x'.repeat(201)] } }, ['merchants.deny[0]']],
    ['a misspelt list', { merchants: { allowed: ['Figma'] } }, ['merchants.allowed']],
    ['merchants as a list', { merchants: ['Figma'] }, ['merchants']],
    [
      'too many merchants',
      { merchants: { deny: Array.from({ length: 1_001 }, (_, at) => `m${at}`) } },
      ['merchants.deny'],
    ],
    ['no code', { mccs: { allow: [] } }, ['mccs.allow']],
    ['a code allowed and denied', { mccs: { allow: [742], deny: ['0742'] } }, ['mccs.deny[0]']],
    ['a code twice', { mccs: { deny: ['742', 742] } }, ['mccs.deny[1]']],
    ['a code of five digits', { mccs: { deny: [10_000] } }, ['mccs.deny[0]']],

    ['hours of no length', { hours: { time_zone: 'UTC', from: '00:00', to: '00:00' } }, ['hours.to']],
    ['no days', { hours: { time_zone: 'UTC', days: [], from: '08:00', to: '18:00' } }, ['hours.days']],
    [
      'a day twice',
      { hours: { time_zone: 'UTC', days: ['mon', 'mon'], from: '08:00', to: '18:00' } },
      ['hours.days[1]'],
    ],
    [
      'a day in another language',
      { hours: { time_zone: 'UTC', days: ['Mo'], from: '08:00', to: '18:00' } },
      ['hours.days[0]'],
    ],
    [
      'hours of no clock',
      { hours: { time_zone: 'UTC', from: '24:00', to: '8:00' } },
      ['hours.from', 'hours.to'],
    ],
    ['hours of no time zone', { hours: { from: '08:00', to: '18:00' } }, ['hours.time_zone']],

    ['an approval of nothing', { approval: {} }, ['approval.above']],
    ['an approval above no amount', { approval: { above: [] } }, ['approval.above']],
    ['an approval above a negative amount', { approval: { above: [usd(-1)] } }, ['approval.above[0].amount']],
    [
      'an approval that ends at once',
      { approval: { above: [usd(5)], ttl_seconds: 0 } },
      ['approval.ttl_seconds'],
    ],
    [
      'an approval above the limit per transaction',
      { approval: { above: [usd(5_001)] } },
      ['approval.above[0].amount'],
    ],
    [
      'an approval above exactly that limit',
      { approval: { above: [usd(5_000)] } },
      ['approval.above[0].amount'],
    ],
    [
      'an approval above a whole budget',
      { per_transaction: [], budgets: [budget({ amount: 10 })], approval: { above: [usd(10)] } },
      ['approval.above[0].amount'],
    ],
    [
      'a limit per transaction above a budget',
      { budgets: [budget({ amount: 9_000 }), budget({ name: 'b', amount: 4_999 })] },
      ['per_transaction[0].amount'],
    ],
    ['no limit but empty lists', { per_transaction: [], budgets: [], counts: [] }, ['per_transaction']],
    ['counts of nothing that may be spent', { per_transaction: [], counts: [perDay({})] }, ['currencies']],
  ])('for %s', (_what, members, paths) => {
    expect(pathsOf(members)).toEqual(paths)
  })

  it('for a policy that limits nothing', () => {
    const unlimited = { name: 'p', currencies: ['USD'], merchants: { allow: ['Figma'] } }
    expect(problemsOf(unlimited).map(({ path }) => path)).toEqual(['per_transaction'])
    expect(problemsOf({ ...unlimited, template: 'lowrisk' }).map(({ path }) => path)).toEqual(['template'])
  })

  it('for a member that would be inherited', () => {
    const document = JSON.parse(
      '{"name":"p","__proto__":{"per_transaction":[{"amount":1,"currency":"USD"}]}}',
    )
    expect(problemsOf(document).map(({ path }) => path)).toEqual(['__proto__', 'per_transaction'])
  })

  it('with everything that is wrong at once, each as a sentence', () => {
    const problems = problemsOf({
      name: 5,
      currencies: ['usd', 'USD'],
      per_transaction: [usd(-1), { amount: 1.5, currency: 'EURO' }],
      budgets: [budget({ amount: 'many', window: { calendar: 'year', time_zone: 'Mars' } }), 7],
      merchants: { allow: ['A', 'a'], deny: ['B', ''] },
      mccs: { allow: ['12345'], deny: [true] },
      hours: { time_zone: 5, days: ['mon', 'moon'], from: '8', to: '25:00', until: 1 },
      approval: { above: [usd('x')], ttl_seconds: 1e9 },
      limits: [],
    })
    expect(problems.map(({ path }) => path).sort()).toEqual(
      [
        ...['name', 'limits', 'currencies[0]', 'merchants.allow[1]', 'merchants.deny[1]'],
        ...['per_transaction[0].amount', 'per_transaction[1].amount', 'per_transaction[1].currency'],
        ...['budgets[0].amount', 'budgets[0].window.calendar', 'budgets[0].window.time_zone', 'budgets[1]'],
        ...['mccs.allow[0]', 'mccs.deny[0]', 'approval.above[0].amount', 'approval.ttl_seconds'],
        ...['hours.time_zone', 'hours.days[1]', 'hours.from', 'hours.to', 'hours.until'],
      ].sort(),
    )
    for (const { problem } of problems) expect(problem).toMatch(/^(?:must|is|has|can|cannot) .*[^.]$/)
  })

  it('without an answer that is many times as long as the document', () => {
    const document = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`x${at}`, 1]))
    expect(problemsOf(document)).toHaveLength(1_000)
    const [problem] = problemsOf({ ...BASE, ['x'.repeat(100_000)]: 1 })
    expect(problem?.path.length).toBeLessThan(100)
  })
})
