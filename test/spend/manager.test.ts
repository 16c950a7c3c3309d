import { GateError } from 'sallyport'
import { manageSpending } from 'sallyport/spending'
import { memoryStore } from 'sallyport/stores/memory'
import { faultyStore } from 'sallyport/testing'
import { describe, expect, test } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { manualClock, START_MS } from '../support/clock.js'
import { POLICY } from './management-kit.js'

function open() {
  const clock = manualClock()
  const { store, faults } = faultyStore(memoryStore({ clock }))
  return { clock, store, faults, spending: manageSpending(store, clock) }
}

async function openWithMandate() {
  const opened = open()
  const { spending } = opened
  const agent = await spending.agents.create('acme', { name: 'buyer' })
  const policy = await spending.policies.create('acme', POLICY)
  const parts = { agentId: agent.id, policyId: policy.id, name: 'office' }
  const mandate = await spending.mandates.create('acme', parts)
  return { ...opened, agent, policy, mandate }
}

/** Everything that a GateError tells. */
async function problemsOf(work: Promise<unknown>): Promise<readonly string[]> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof GateError)) throw new Error(`no GateError: ${String(error)}`)
  expect(error.code).toBe('ERR_GATE_OPTIONS')
  return error.problems
}

describe('the manager', () => {
  test('makes, reads, lists and changes records of every kind', async () => {
    const { spending, clock, agent, policy, mandate } = await openWithMandate()
    expect(agent).toEqual({
      id: expect.stringMatching(/^agt_/),
      accountId: 'acme',
      createdAtMs: START_MS,
      version: 1,
      name: 'buyer',
      status: 'active',
    })
    expect(mandate).toMatchObject({
      mode: 'observe',
      status: 'active',
      validFromMs: null,
      validUntilMs: null,
      processors: [],
    })
    expect(policy.policy.perTransaction.get('USD')).toBe(5_000n)
    expect(await spending.agents.read('acme', agent.id)).toEqual(agent)
    expect(await spending.policies.read('acme', policy.id)).toEqual(policy)
    clock.advance(1)
    const changes = { mode: 'enforce', processors: ['issuer-one'], validUntilMs: START_MS + 1 } as const
    const changed = await spending.mandates.update('acme', mandate.id, changes)
    expect(changed).toEqual({ ...mandate, ...changes, version: 2 })
    expect(await spending.mandates.read('acme', mandate.id)).toEqual(changed)
    const other = await spending.mandates.create('acme', {
      agentId: agent.id,
      policyId: policy.id,
      name: 'second',
    })
    const first = await spending.mandates.list('acme', { agentId: agent.id, limit: 1 })
    expect(first.records).toEqual([changed])
    const rest = await spending.mandates.list('acme', { agentId: agent.id, after: first.next ?? '' })
    expect(rest).toEqual({ records: [other], next: null })
    const replaced = await spending.policies.update('acme', policy.id, { ...POLICY, name: 'new' })
    expect(replaced?.policy.name).toBe('new')
  })

  test('binds whatever the host says, once', async () => {
    const { spending, mandate } = await openWithMandate()
    const bind = (type: 'api_key' | 'wallet' | 'card', id: string) =>
      spending.bindings.create('acme', { mandateId: mandate.id, instrument: { type, id } })
    const key = await bind('api_key', 'a key of nobody')
    await bind('wallet', ALICE)
    await bind('card', ALICE)
    expect(await problemsOf(bind('api_key', 'a key of nobody'))).toEqual(['instrument is bound already'])
    expect(await problemsOf(bind('api_key', `sk_${'a'.repeat(43)}`))).toEqual([
      'instrument.id must be the id of the credential, not the key',
    ])
    await spending.bindings.update('acme', key.id, { status: 'retired' })
    expect((await bind('api_key', 'a key of nobody')).id).not.toBe(key.id)
    const { records } = await spending.bindings.list('acme', { mandateId: mandate.id })
    expect(records).toHaveLength(4)
  })

  test('keeps accounts apart', async () => {
    const { spending, agent, policy, mandate } = await openWithMandate()
    const own = { agents: agent.id, policies: policy.id, mandates: mandate.id } as const
    expect(await spending.agents.read('rival', own.agents)).toBeUndefined()
    expect(await spending.policies.update('rival', own.policies, POLICY)).toBeUndefined()
    expect(await spending.mandates.update('rival', own.mandates, { mode: 'enforce' })).toBeUndefined()
    expect(await spending.mandates.list('rival', { agentId: own.agents })).toEqual({
      records: [],
      next: null,
    })
    const instrument = { type: 'card', id: 'inst_1' } as const
    expect(
      await problemsOf(spending.bindings.create('rival', { mandateId: own.mandates, instrument })),
    ).toEqual(['mandateId names no spending authority of this account'])
    expect(await spending.approvals.approve('rival', 'apr_1')).toBeUndefined()
  })

  test.each<
    [
      what: string,
      call: (opened: Awaited<ReturnType<typeof openWithMandate>>) => Promise<unknown>,
      problems: readonly string[],
    ]
  >([
    [
      'no account',
      ({ spending }) => spending.agents.create('', { name: 'a' }),
      ['accountId must be a non-empty string'],
    ],
    [
      'no record at all',
      ({ spending }) => spending.agents.create('acme', undefined as never),
      ['it must be an object'],
    ],
    [
      'members that are unknown, and a member without a value',
      ({ spending }) => spending.agents.create('acme', { nmae: 'a', name: 'b', status: undefined } as never),
      ['nmae is not a member; known are name, status', 'status must be one of active, suspended'],
    ],
    [
      'times that are none',
      ({ spending, mandate }) =>
        spending.mandates.update('acme', mandate.id, {
          validFromMs: Number.NaN,
          validUntilMs: '2026-01-01' as never,
        }),
      ['validFromMs', 'validUntilMs'].map(
        (name) => `${name} must be null or a wall clock time in whole milliseconds from 0 to 253402300799999`,
      ),
    ],
    [
      'an instrument of an unknown type',
      ({ spending, mandate }) =>
        spending.bindings.create('acme', {
          mandateId: mandate.id,
          instrument: { type: 'cash', id: '' } as never,
        }),
      [
        'instrument.type must be one of card, token, wallet, api_key',
        'instrument.id must be a text of 1 to 200 characters, none of them a control character, without spaces around it',
      ],
    ],
    [
      'a policy that is wrong in its depth',
      ({ spending }) =>
        spending.policies.create('acme', {
          ...POLICY,
          budgets: [{ name: 'b', amount: 1, currency: 'USD', window: { rolling_seconds: 0.5 } }],
        }),
      [expect.stringMatching(/^budgets\[0\]\.window\.rolling_seconds must be /) as never],
    ],
    [
      'a misspelt filter',
      ({ spending }) => spending.mandates.list('acme', { agent: 'a' } as never),
      ['list.agent is not an option; known are after, limit, agentId'],
    ],
    [
      'a filter without a value',
      ({ spending }) => spending.bindings.list('acme', { mandateId: undefined as never }),
      ['list.mandateId is undefined; leave it out or give it a value (an unset environment variable?)'],
    ],
    [
      'a page that there cannot be',
      ({ spending }) => spending.agents.list('acme', { limit: 1_001, after: 'x' }),
      ['list.limit must be a whole number from 1 to 1000', 'list.after must be the next of an earlier page'],
    ],
    [
      'an approver without an account',
      ({ spending }) => spending.approvals.approve('acme', 'apr_1', 'me' as never),
      ['by must be { accountId, credentialId }'],
    ],
  ])('names everything that is wrong with %s', async (_what, call, problems) => {
    expect(await problemsOf(call(await openWithMandate()))).toEqual(problems)
  })

  test('needs a store that keeps spending', () => {
    expect(() => manageSpending({} as never)).toThrow(
      'manageSpending must be given a store with every verb of a store for spending',
    )
  })

  test('rejects with what the store says where it cannot', async () => {
    const { spending, faults, agent } = await openWithMandate()
    faults.failing = 'all'
    await expect(spending.agents.read('acme', agent.id)).rejects.toThrow('the store is down')
    await expect(spending.agents.create('acme', { name: 'a' })).rejects.toThrow('the store is down')
  })
})

describe('two changes of one record at once', () => {
  test('are both kept', async () => {
    const { spending, mandate } = await openWithMandate()
    await Promise.all([
      spending.mandates.update('acme', mandate.id, { name: 'travel' }),
      spending.mandates.update('acme', mandate.id, { mode: 'enforce' }),
      spending.mandates.update('acme', mandate.id, { processors: ['issuer-one'] }),
    ])
    expect(await spending.mandates.read('acme', mandate.id)).toMatchObject({
      name: 'travel',
      mode: 'enforce',
      processors: ['issuer-one'],
      version: 4,
    })
  })

  test('do not bring back what one of them has retired', async () => {
    const { spending, store, agent } = await openWithMandate()
    const racing = manageSpending(
      new Proxy(store, {
        get(target, verb, receiver) {
          const value: unknown = Reflect.get(target, verb, receiver)
          if (verb !== 'changeSpendRecord' || typeof value !== 'function') return value
          return async (...call: unknown[]) => {
            await spending.agents.update('acme', agent.id, { status: 'retired' })
            return value.apply(target, call) as unknown
          }
        },
      }),
    )
    const problems = await problemsOf(racing.agents.update('acme', agent.id, { status: 'active', name: 'x' }))
    expect(problems).toEqual(['status is retired, and what is retired is not changed any more'])
    expect(await spending.agents.read('acme', agent.id)).toMatchObject({ status: 'retired', name: 'buyer' })
  })

  test('end with an error where others are faster each time', async () => {
    const { store, spending, agent } = await openWithMandate()
    let tries = 0
    const losing = manageSpending(
      new Proxy(store, {
        get(target, verb, receiver) {
          if (verb !== 'changeSpendRecord') return Reflect.get(target, verb, receiver) as unknown
          return async () => {
            tries++
            return 'stale'
          }
        },
      }),
    )
    await expect(losing.agents.update('acme', agent.id, { name: 'x' })).rejects.toThrow(
      'the agent is being changed by many at once',
    )
    expect(tries).toBe(10)
    expect(await spending.agents.read('acme', agent.id)).toEqual(agent)
  })

  test('write nothing where nothing is changed', async () => {
    const { spending, faults, agent, policy, mandate } = await openWithMandate()
    faults.failing = ['changeSpendRecord']
    expect(await spending.agents.update('acme', agent.id, { name: 'buyer' })).toEqual(agent)
    expect(await spending.policies.update('acme', policy.id, POLICY)).toEqual(policy)
    expect(await spending.mandates.update('acme', mandate.id, {})).toEqual(mandate)
  })
})
