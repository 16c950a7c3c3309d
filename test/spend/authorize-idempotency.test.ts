import { createHash } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FIGMA, type Headers, openSpendSite } from './kit.js'

async function setUp() {
  const site = await openSpendSite()
  onTestFinished(() => site.app.close())
  const granted = await site.grant()
  const asked = { instrument_id: granted.instrument.id, ...FIGMA }
  const withHeaders = (headers: Headers, body: object = asked) =>
    site.ask(site.processor, 'POST', '/v1/authorize', body, headers)
  /** What is left of the month, as an intent sees it. */
  const left = async () => {
    const answer = await site.ask(site.enterprise, 'POST', '/v1/intents/validate', { ...asked, amount: 1 })
    return Number((answer.json().budgets as { remaining: number }[])[0]?.remaining) + 1
  }
  return { ...site, granted, asked, withHeaders, left }
}

describe('an idempotency key', () => {
  test('that fifty requests carry at once makes one reservation, and fifty equal answers', async () => {
    const { authorize, asked, left, ask, enterprise } = await setUp()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => authorize(asked, { key: 'purchase-1' })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
    expect(answers[0]?.json()).toMatchObject({ decision: 'APPROVE', budgets: [{ remaining: 8_800 }] })
    expect(await left()).toBe(8_800)
    const log = (await ask(enterprise, 'GET', '/v1/decisions')).json().decisions as { purpose: string }[]
    expect(log.filter(({ purpose }) => purpose === 'authorize')).toHaveLength(1)
  })

  test('is answered as the first time, byte for byte, whatever has become of the reservation', async () => {
    const { authorize, asked, ask, processor, clock, changeMandate, granted, left } = await setUp()
    const first = await authorize(asked, { key: 'purchase-1' })
    const again = async () => (await authorize(asked, { key: 'purchase-1' })).body
    const id = String(first.json().authorization_id)
    clock.advance(86_400_000)
    expect(await again()).toBe(first.body)
    await ask(processor, 'POST', `/v1/authorizations/${id}/capture`, { amount: 1_000 })
    expect(await again()).toBe(first.body)
    await changeMandate(granted, { status: 'suspended' })
    expect(await again()).toBe(first.body)
    await changeMandate(granted, { status: 'active' })
    expect(await left()).toBe(9_000)
  })

  test('that was declined stays declined, also when the same would be approved by now', async () => {
    const { authorize, asked, changeAgent, granted } = await setUp()
    await changeAgent(granted, { status: 'suspended' })
    const first = await authorize(asked, { key: 'purchase-1' })
    expect(first.json()).toMatchObject({ decision: 'DECLINE', reason_code: 'AGENT_INACTIVE' })
    await changeAgent(granted, { status: 'active' })
    expect((await authorize(asked, { key: 'purchase-1' })).body).toBe(first.body)
    expect((await authorize(asked, { key: 'purchase-2' })).json()).toMatchObject({ decision: 'APPROVE' })
  })

  test('that was used for an instrument nobody had bound stays declined too', async () => {
    const { authorize, grant, asked } = await setUp()
    const instrument = { type: 'card', id: 'inst_later' } as const
    const later = { ...asked, instrument_id: instrument.id }
    const first = await authorize(later, { key: 'purchase-1' })
    await grant({ instrument })
    expect((await authorize(later, { key: 'purchase-1' })).body).toBe(first.body)
    expect((await authorize(later, { key: 'purchase-2' })).json()).toMatchObject({ decision: 'APPROVE' })
  })

  test.each([
    ['amount', { amount: 1201 }],
    ['currency', { currency: 'EUR' }],
    ['merchant', { merchant: 'Figma' }],
    ['code', { mcc: 7373 }],
    ['instrument', { instrument_id: 'inst_other' }],
    ['platform', { issuing_platform: 'MARQETA' }],
    ['code, left out', { mcc: undefined }],
  ])('of a request with another %s is refused, and changes nothing', async (_what, changes) => {
    const { authorize, asked, left } = await setUp()
    const first = await authorize(asked, { key: 'purchase-1' })
    const other = await authorize({ ...asked, ...changes }, { key: 'purchase-1' })
    expect(other.json()).toMatchObject({ status: 422, code: 'idempotency_conflict', retryable: false })
    expect((await authorize(asked, { key: 'purchase-1' })).body).toBe(first.body)
    expect(await left()).toBe(8_800)
  })

  test('says nothing of what another body was told', async () => {
    const { authorize, asked } = await setUp()
    const id = String((await authorize(asked, { key: 'purchase-1' })).json().authorization_id)
    const other = await authorize({ ...asked, amount: 1 }, { key: 'purchase-1' })
    expect(other.body).not.toContain(id)
  })

  test('means the same for the same values, however they are written', async () => {
    const { withHeaders, asked } = await setUp()
    const { merchant, instrument_id } = asked
    const key: Headers = [['Idempotency-Key', 'purchase-1']]
    const first = await withHeaders(key)
    const spellings = [
      { currency: 'USD', amount: '1200', mcc: '7372', merchant_name: merchant, instrument_id },
      { ...asked, merchant_name: merchant, issuing_platform: null },
    ]
    for (const body of spellings) expect((await withHeaders(key, body)).body).toBe(first.body)
  })

  test('is one key, bare or as a quoted string', async () => {
    const { withHeaders } = await setUp()
    const bare = await withHeaders([['Idempotency-Key', 'a\\b"c']])
    expect((await withHeaders([['idempotency-key', '"a\\\\b\\"c"']])).body).toBe(bare.body)
    expect((await withHeaders([['Idempotency-Key', '"a\\\\b"']])).body).not.toBe(bare.body)
  })

  test('of another account is another key', async () => {
    const { authorize, asked, party, grant } = await setUp()
    const instrument = { type: 'card', id: 'inst_shared' } as const
    await grant({ instrument, processors: ['issuer-one', 'issuer-two'] })
    const shared = { ...asked, instrument_id: instrument.id }
    const mine = await authorize(shared, { key: 'purchase-1' })
    const theirs = await authorize(shared, { key: 'purchase-1', by: await party('processor', 'issuer-two') })
    expect(theirs.json()).toMatchObject({ decision: 'APPROVE', budgets: [{ remaining: 7_600 }] })
    expect(theirs.json().authorization_id).not.toBe(mine.json().authorization_id)
    // Another credential of the same account is the same caller: keys outlive a rotation.
    const colleague = await party('processor', 'issuer-one')
    expect((await authorize(shared, { key: 'purchase-1', by: colleague })).body).toBe(mine.body)
  })

  test('is bound to its route, and told to nobody', async () => {
    const { authorize, asked, ask, enterprise, processor } = await setUp()
    const id = String((await authorize(asked, { key: 'purchase-1' })).json().authorization_id)
    const digest = createHash('sha256').update('["issuer-one","/v1/authorize","purchase-1"]')
    expect(id).toBe(`auth_${digest.digest('base64url')}`)
    // On a route that is idempotent by itself it changes nothing.
    const key: Headers = [['Idempotency-Key', 'purchase-1']]
    const captured = await ask(processor, 'POST', `/v1/authorizations/${id}/capture`, undefined, key)
    expect(captured.json()).toMatchObject({ authorization_id: id, status: 'captured' })
    expect((await ask(enterprise, 'GET', '/v1/decisions')).body).not.toContain('purchase-1')
  })

  test('finds what was held where the store did it and its answer was lost', async () => {
    const { authorize, asked, store, left } = await setUp()
    const { reserve } = store
    store.reserve = async (...call) => {
      await reserve(...call)
      throw new Error('the connection is gone')
    }
    const lost = await authorize(asked, { key: 'purchase-1' })
    expect(lost.json()).toMatchObject({ status: 503, retryable: true })
    store.reserve = reserve
    expect((await authorize(asked, { key: 'purchase-1' })).json()).toMatchObject({
      decision: 'APPROVE',
      budgets: [{ remaining: 8_800 }],
    })
    expect(await left()).toBe(8_800)
  })

  test('that is left out makes every request one of its own', async () => {
    const { authorize, asked, left } = await setUp()
    const ids = new Set<unknown>()
    for (const _ of [1, 2, 3]) ids.add((await authorize(asked)).json().authorization_id)
    expect(ids.size).toBe(3)
    expect(await left()).toBe(10_000 - 3 * 1_200)
  })

  test('may have 255 printable characters', async () => {
    const { withHeaders } = await setUp()
    for (const key of [
      'x',
      '~!#$%&()*+-./:;<=>?@[]^_`{|}',
      'a key',
      '"a, b"',
      `"${'x'.repeat(255)}"`,
      'x'.repeat(255),
    ]) {
      expect((await withHeaders([['Idempotency-Key', key]])).json()).toMatchObject({ mode: 'enforce' })
    }
  })

  test.each([
    ['is empty', ''],
    ['is an empty string', '""'],
    ['is too long', 'x'.repeat(256)],
    ['is too long in quotes', `"${'x'.repeat(256)}"`],
    ['is a string that does not end', '"abc'],
    ['has parameters', '"abc";v=1'],
    ['escapes what needs no escape', '"a\\bc"'],
    ['has a tab in it', 'a\tb'],
    ['is not ASCII', 'caf\u00e9'],
  ])('is refused where it %s', async (_what, key) => {
    const { withHeaders, left } = await setUp()
    const answer = await withHeaders([['Idempotency-Key', key]])
    expect(answer.json()).toMatchObject({ status: 400, code: 'body_invalid' })
    expect(String(answer.json().detail)).toMatch(/^Idempotency-Key must be/)
    expect(await left()).toBe(10_000)
  })

  test.each([
    [
      'two headers',
      [
        ['Idempotency-Key', 'a'],
        ['idempotency-key', 'a'],
      ],
    ],
    ['two keys that were joined', [['Idempotency-Key', 'a, b']]],
    ['two strings that were joined', [['Idempotency-Key', '"a", "b"']]],
  ] as const)('is refused where there are %s', async (_what, headers) => {
    const { withHeaders, left } = await setUp()
    expect((await withHeaders(headers)).json()).toMatchObject({
      status: 400,
      code: 'request_ambiguous',
      detail: 'Send one Idempotency-Key header with one value',
    })
    expect(await left()).toBe(10_000)
  })
})
