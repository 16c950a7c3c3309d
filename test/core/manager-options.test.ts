import { createGate, type GateError } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { bearer, requestWith } from '../support/requests.js'

const problemsOf = (call: Promise<unknown>) =>
  call.then(
    () => [],
    (error: GateError) => error.problems,
  )

describe('asking a store for credentials', () => {
  const store = memoryStore()

  it.each<readonly [what: string, filter: unknown, problem: RegExp]>([
    ['a misspelt filter', { account: 'a' }, /^filter\.account is not an option/],
    ['an account that is undefined', { accountId: undefined }, /^filter\.accountId is undefined/],
    ['an account without a name', { accountId: '' }, /^filter\.accountId must be/],
    ['too many at once', { limit: 1_001 }, /^filter\.limit must be/],
    ['none at once', { limit: 0 }, /^filter\.limit must be/],
    ['a place that no page has named', { after: 'x' }, /^filter\.after must be/],
    ['null', null, /must be given a filter/],
  ])('lists nobody’s for %s', async (_what, filter, problem) => {
    await store.issueApiKey({ accountId: 'a' })
    const problems = await problemsOf(store.describeCredentials(filter as never))
    expect(problems).toEqual([expect.stringMatching(problem)])
  })

  it('lists everybody’s where it is asked for that', async () => {
    await store.issueApiKey({ accountId: 'b' })
    const { credentials } = await store.describeCredentials()
    expect(credentials.map(({ accountId }) => accountId)).toContain('b')
  })
})

describe('a grant', () => {
  it('ends at a moment that can be written down', async () => {
    const store = memoryStore()
    for (const expiresAtMs of [
      8.64e15 + 1,
      Number.MAX_SAFE_INTEGER,
      -8.64e15 - 1,
      Number.POSITIVE_INFINITY,
    ]) {
      const problems = await problemsOf(store.issueApiKey({ accountId: 'a', expiresAtMs }))
      expect(problems).toEqual(['grant.expiresAtMs must be milliseconds since the epoch'])
    }
  })
})

describe('the kill switch', () => {
  it.each<readonly [target: unknown, problem: RegExp]>([
    [{ wallet: 'typo' }, /^revoke\.wallet must be a base58 Solana address/],
    [{ wallet: `${ALICE} ` }, /^revoke\.wallet must be/],
    [{ account: '' }, /^revoke must be given exactly one/],
    [{ account: 'a', wallet: ALICE }, /^revoke must be given exactly one/],
    [{ all: 'yes' }, /^revoke must be given exactly one/],
    [{ everything: true }, /^revoke must be given exactly one/],
  ])('ends nothing for %j', async (target, problem) => {
    const store = memoryStore()
    const gate = createGate({ store })
    const { credentialId } = await store.issueApiKey({ accountId: 'a', wallets: [ALICE] })
    for (const call of [store.revoke(target as never), gate.revoke(target as never)]) {
      expect(await problemsOf(call)).toEqual([expect.stringMatching(problem)])
    }
    expect(await store.describeCredential(credentialId)).toMatchObject({ status: 'active' })
  })
})

describe('counting a request', () => {
  it('changes nothing where the framework cannot say its route, or the clock stops', async () => {
    const clock = { ...manualClock() }
    const store = memoryStore()
    const gate = createGate({ store, clock })
    const { key } = await store.issueApiKey({ accountId: 'a' })
    const request = requestWith([bearer(key)])
    Object.defineProperty(request, 'route', {
      get() {
        throw new Error('no route')
      },
    })
    expect(await gate(request)).toMatchObject({ type: 'allow' })
  })
})
