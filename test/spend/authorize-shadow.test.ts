import { testWallet } from 'sallyport/testing'
import { expect, onTestFinished, test } from 'vitest'
import { FIGMA, openSpendSite } from './kit.js'

test.each(['wallet', 'api_key'] as const)(
  'a card of the name of a bound %s gets around nothing that its owner has set',
  async (type) => {
    const site = await openSpendSite()
    onTestFinished(() => site.app.close())
    const id = type === 'wallet' ? testWallet().address : 'cred_of-somebody'
    const limited = {
      name: 'little',
      per_transaction: [{ amount: 100, currency: 'USD' }],
    }
    await site.grant({ instrument: { type, id }, policy: limited })
    const ask = async () => (await site.authorize({ ...FIGMA, instrument_id: id })).json()
    expect(await ask()).toMatchObject({ decision: 'DECLINE', reason_code: 'LIMIT_PER_TRANSACTION' })
    const stranger = await site.party('enterprise', 'stranger')
    await site.grant({ accountId: stranger.accountId, instrument: { type: 'card', id } })
    expect(await ask()).toMatchObject({ decision: 'DECLINE', reason_code: 'LIMIT_PER_TRANSACTION' })
  },
)

test('a wallet whose owner does not let this processor ask is unknown, whatever card has its name', async () => {
  const site = await openSpendSite()
  onTestFinished(() => site.app.close())
  const { address: id } = testWallet()
  await site.grant({ instrument: { type: 'wallet', id }, processors: [] })
  await site.grant({ accountId: 'stranger', instrument: { type: 'card', id } })
  const answer = (await site.authorize({ ...FIGMA, instrument_id: id })).json()
  expect(answer).toMatchObject({ decision: 'DECLINE', reason_code: 'INSTRUMENT_UNKNOWN' })
})
