import type { MemoryStore } from 'sallyport/stores/memory'
import { describe, expect, test } from 'vitest'
import { FIGMA, openSpendSite } from './kit.js'

/** A store whose first reservation is made, and answered when the test says so. */
function answeringLate() {
  let answer: () => void = () => undefined
  const until = new Promise<void>((resolve) => {
    answer = resolve
  })
  let isFirst = true
  const ids: string[] = []
  const wrap = (store: MemoryStore): MemoryStore => ({
    ...store,
    reserve(decision, reservation, call) {
      ids.push(reservation?.id ?? '')
      const made = store.reserve(decision, reservation, call)
      if (!isFirst) return made
      isFirst = false
      return until.then(() => made)
    },
  })
  return { wrap, answer, ids }
}

async function setUp() {
  const late = answeringLate()
  const site = await openSpendSite({ wrap: late.wrap, gate: { portTimeoutMs: 50 } })
  const { instrument } = await site.grant()
  const call = { signal: new AbortController().signal }
  const stateOf = async (id = '') => (await site.store.readReservation(id, call))?.reservation.state
  return { ...site, late, card: instrument.id, stateOf }
}

describe('an authorization that the store makes, but does not answer in time', () => {
  test('is given back where nobody can ask for it again', async () => {
    const { authorize, card, late, stateOf } = await setUp()
    const lost = await authorize({ ...FIGMA, instrument_id: card })
    expect(lost.json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    late.answer()
    await expect.poll(() => stateOf(late.ids[0])).toBe('released')
  })

  test('is kept for whoever asks again with its idempotency key', async () => {
    const { authorize, card, late, stateOf } = await setUp()
    const lost = await authorize({ ...FIGMA, instrument_id: card }, { key: 'one' })
    expect(lost.json()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    late.answer()
    const again = await authorize({ ...FIGMA, instrument_id: card }, { key: 'one' })
    expect(again.json()).toMatchObject({ decision: 'APPROVE', authorization_id: late.ids[0] })
    expect(await stateOf(late.ids[0])).toBe('held')
  })
})
