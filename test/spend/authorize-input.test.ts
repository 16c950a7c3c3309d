import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALICE, MINT } from '../support/addresses.js'
import { send } from '../support/http.js'
import { FIGMA, type Grant, openSpendSite, type SpendSite } from './kit.js'

describe('what a processor asks with', () => {
  let site: SpendSite
  let granted: Grant
  beforeAll(async () => {
    site = await openSpendSite()
    granted = await site.grant({
      policy: {
        name: 'everything',
        currencies: ['USD', 'JPY'],
        mints: [MINT],
        counts: [{ name: 'all', count: 1_000, window: 'lifetime' }],
      },
    })
  })
  afterAll(() => site.app.close())

  const ask = (changes: object) =>
    site.authorize({ ...FIGMA, instrument_id: granted.instrument.id, ...changes })
  const raw = (body: string | Uint8Array, type = 'application/json') =>
    send(site.app.origin, {
      method: 'POST',
      target: '/v1/authorize',
      headers: [...site.processor.headers(), ['Content-Type', type]],
      body,
    })

  const latest = async () => (await site.ask(site.enterprise, 'GET', '/v1/decisions?limit=1')).body

  test.each([
    ['a negative amount', { amount: -1 }, 'amount'],
    ['a negative text', { amount: '-1' }, 'amount'],
    ['nothing', { amount: 0 }, 'amount'],
    ['nothing, as a text', { amount: '0' }, 'amount'],
    ['a fraction', { amount: 12.5 }, 'amount'],
    ['a fraction as a text', { amount: '12.50' }, 'amount'],
    ['an exponent', { amount: '1e3' }, 'amount'],
    ['a leading zero', { amount: '01200' }, 'amount'],
    ['a sign', { amount: '+1200' }, 'amount'],
    ['a space', { amount: ' 1200' }, 'amount'],
    ['hexadecimal', { amount: '0x10' }, 'amount'],
    ['an empty amount', { amount: '' }, 'amount'],
    ['digits of another script', { amount: '١٢٠٠' }, 'amount'],
    ['a number that JSON cannot hold', { amount: 2 ** 53 }, 'amount'],
    ['a huge number', { amount: 1e30 }, 'amount'],
    ['more than any account can hold', { amount: '18446744073709551616' }, 'amount'],
    ['a thousand digits', { amount: '9'.repeat(1_000) }, 'amount'],
    ['no amount', { amount: undefined }, 'amount'],
    ['an amount that is null', { amount: null }, 'amount'],
    ['an amount that is a list', { amount: [1200] }, 'amount'],
    ['an amount that is true', { amount: true }, 'amount'],
    ['a currency that is none', { currency: 'XYZ' }, 'currency'],
    ['a currency in lower case', { currency: 'usd' }, 'currency'],
    ['a currency by number', { currency: 840 }, 'currency'],
    ['a currency and a mint', { mint: MINT }, 'mint'],
    ['a mint that is no address', { currency: undefined, mint: 'USDC' }, 'mint'],
    ['neither a currency nor a mint', { currency: undefined }, 'currency'],
    ['a currency that is null, and no mint', { currency: null }, 'currency'],
    ['a code of five digits', { mcc: 99999 }, 'mcc'],
    ['a code of five digits, as a text', { mcc: '05411' }, 'mcc'],
    ['a code that is no number', { mcc: 'x' }, 'mcc'],
    ['a code that is empty', { mcc: '' }, 'mcc'],
    ['a negative code', { mcc: -742 }, 'mcc'],
    ['a code and a half', { mcc: 742.5 }, 'mcc'],
    ['a list of codes', { mcc: [7372] }, 'mcc'],
    ['two merchants', { merchant_name: 'Figma' }, 'merchant'],
    ['a merchant that is a number', { merchant: 7 }, 'merchant'],
    ['a merchant of no letters', { merchant: '  ' }, 'merchant'],
    ['a merchant with a line break', { merchant: 'Figma\nInc.' }, 'merchant'],
    ['a merchant with a zero in it', { merchant: 'Figma\u0000' }, 'merchant'],
    ['a merchant with half a character', { merchant: 'Figma\ud800' }, 'merchant'],
    ['a merchant as long as a book', { merchant: 'F'.repeat(201) }, 'merchant'],
    ['another name that is an object', { merchant: undefined, merchant_name: {} }, 'merchant_name'],
    ['no instrument', { instrument_id: undefined }, 'instrument_id'],
    ['an instrument that is null', { instrument_id: null }, 'instrument_id'],
    ['an empty instrument', { instrument_id: '' }, 'instrument_id'],
    ['an instrument that is a number', { instrument_id: 4242 }, 'instrument_id'],
    ['an instrument with a zero in it', { instrument_id: 'inst_\u0000' }, 'instrument_id'],
    ['an instrument with half a character', { instrument_id: 'inst_\udc00' }, 'instrument_id'],
    ['an instrument as long as a book', { instrument_id: 'i'.repeat(201) }, 'instrument_id'],
    ['a platform that is a number', { issuing_platform: 1 }, 'issuing_platform'],
    ['a misspelt member', { curency: 'USD' }, 'The body has members other than'],
  ])('is refused by name where it is %s', async (_what, changes, named) => {
    const logged = await latest()
    const answer = await ask(changes)
    expect(answer.json()).toMatchObject({ status: 400, code: 'body_invalid' })
    expect(String(answer.json().detail).startsWith(named)).toBe(true)
    expect(await latest()).toBe(logged)
  })

  test.each([
    ['a text of digits', { amount: '1200' }],
    ['the least there is', { amount: 1 }],
    ['the most that JSON holds', { amount: Number.MAX_SAFE_INTEGER }],
    ['the most that there is', { amount: '18446744073709551615' }],
    ['another currency', { currency: 'JPY' }],
    ['base units of a mint', { currency: undefined, mint: MINT }],
    ['a mint, and a currency that is null', { currency: null, mint: MINT }],
    ['a code of three digits', { mcc: 742 }],
    ['a code of four digits as a text', { mcc: '0742' }],
    ['no code', { mcc: undefined }],
    ['a code that is null', { mcc: null }],
    ['both names of one merchant', { merchant_name: FIGMA.merchant }],
    ['the other name', { merchant: undefined, merchant_name: 'FIGMA' }],
    ['no merchant', { merchant: undefined }],
    ['a merchant beyond ASCII', { merchant: '株式会社 🍣' }],
    ['a platform', { issuing_platform: 'MARQETA' }],
    ['a platform that is null', { issuing_platform: null }],
  ])('is taken where it is %s', async (_what, changes) => {
    expect((await ask(changes)).json()).toMatchObject({ decision: 'APPROVE' })
  })

  test.each([
    ['no JSON', '{"amount":', 400, 'body_invalid'],
    ['a list', '[]', 400, 'body_invalid'],
    ['null', 'null', 400, 'body_invalid'],
    ['an object with a prototype of its own', '{"__proto__":{"instrument_id":"x"}}', 400, 'body_invalid'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400, 'body_invalid'],
    ['more than it may be', `{"merchant":"${'x'.repeat(20_000)}"}`, 413, 'body_too_large'],
  ])('is refused where the body is %s', async (_what, body, status, code) => {
    expect((await raw(body)).json()).toMatchObject({ status, code })
  })

  test('means the number that JSON says it is, however that is spelt', async () => {
    const { id } = granted.instrument
    for (const amount of ['1200', '1200.0', '1.2e3']) {
      const answer = await raw(`{"instrument_id":"${id}","currency":"USD","amount":${amount}}`)
      const { decision_id } = answer.json()
      const kept = await site.ask(site.enterprise, 'GET', `/v1/decisions/${String(decision_id)}`)
      expect(kept.json()).toMatchObject({ decision: 'APPROVE', amount: 1_200, merchant: null, mcc: null })
    }
  })

  test('is refused where it is not said to be JSON', async () => {
    expect((await raw(JSON.stringify(FIGMA), 'text/plain')).json()).toMatchObject({
      status: 415,
      code: 'media_type_unsupported',
    })
  })

  test('names merchants and codes in one way, however they were written', async () => {
    const strict = await site.grant({
      policy: {
        name: 'vets',
        per_transaction: [{ amount: 5_000, currency: 'USD' }],
        mccs: { allow: ['0742'] },
      },
    })
    for (const mcc of [742, '742', '0742']) {
      const answer = await site.authorize({ ...FIGMA, instrument_id: strict.instrument.id, mcc })
      expect(answer.json().decision).toBe('APPROVE')
    }
  })

  test('does not take an address for anything but what is bound to it', async () => {
    expect((await ask({ instrument_id: ALICE })).json()).toMatchObject({ reason_code: 'INSTRUMENT_UNKNOWN' })
  })
})
