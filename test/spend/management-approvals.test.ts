import { manageSpending } from 'sallyport/spending'
import { describe, expect, test } from 'vitest'
import { FIGMA } from './kit.js'
import { type ManagementSite, openManagement, POLICY, refusalOf, wholeOf } from './management-kit.js'

const ASKING = { ...POLICY, approval: { above: [{ amount: 1_000, currency: 'USD' }], ttl_seconds: 600 } }

/** A spend that waits for an approval. */
async function asked(site: ManagementSite, amount = 1_200) {
  const { instrument, mandateId } = await site.grant({ policy: ASKING })
  const spend = async () => (await site.authorize({ ...FIGMA, amount, instrument_id: instrument.id })).json()
  const { approval } = (await spend()) as { approval: { approval_id: string } }
  return {
    instrument,
    mandateId,
    spend,
    id: approval.approval_id,
    path: `/v1/approvals/${approval.approval_id}`,
  }
}

describe('an approval', () => {
  test('is read, listed by its spending authority, given, and used once', async () => {
    const site = await openManagement()
    const { get, post, enterprise, clock } = site
    const { instrument, mandateId, spend, id, path } = await asked(site)
    const other = await asked(site, 1_300)
    const waiting = {
      approval_id: id,
      spending_authority_id: mandateId,
      status: 'pending',
      amount: 1_200,
      currency: 'USD',
      merchant: 'Figma Inc.',
      mcc: '7372',
      route: null,
      instrument_type: 'card',
      instrument_id: instrument.id,
      created_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2026-01-01T00:10:00.000Z',
      answered_at: null,
      answered_by: null,
    }
    expect((await get(path)).json()).toEqual(waiting)
    const list = await get(`/v1/approvals?spending_authority_id=${mandateId}`)
    expect(list.json()).toEqual({ approvals: [waiting], next_cursor: null })
    const all = (await get('/v1/approvals')).json().approvals as { approval_id: string }[]
    expect(all.map(({ approval_id }) => approval_id).sort()).toEqual([id, other.id].sort())

    expect(await spend()).toMatchObject({ decision: 'DECLINE', reason_code: 'APPROVAL_REQUIRED' })
    clock.advance(1_000)
    const given = await post(`${path}/approve`)
    const { accountId, credentialId } = enterprise
    const approved = {
      ...waiting,
      status: 'approved',
      answered_at: '2026-01-01T00:00:01.000Z',
      answered_by: { account_id: accountId, credential_id: credentialId },
    }
    expect([given.status, given.json()]).toEqual([200, approved])
    expect((await get(path)).json()).toEqual(approved)
    expect(await spend()).toMatchObject({ decision: 'APPROVE' })
    expect(await spend()).toMatchObject({ decision: 'DECLINE', reason_code: 'APPROVAL_REQUIRED' })
  })

  test('that is given twice is given once, and keeps who was first', async () => {
    const site = await openManagement()
    const { post, party, clock } = site
    const { path } = await asked(site)
    const colleague = await party('enterprise', 'acme')
    const first = (await post(`${path}/approve`, {})).json()
    clock.advance(700_000)
    const again = await post(`${path}/approve`, undefined, colleague)
    expect([again.status, again.json()]).toEqual([200, first])
    expect(refusalOf(await post(`${path}/reject`))).toEqual([
      400,
      'body_invalid',
      'status is approved already',
    ])
  })

  test("is also given by the host's own code", async () => {
    const site = await openManagement()
    const { path, spend, id } = await asked(site)
    const spending = manageSpending(site.store, site.clock)
    const given = await spending.approvals.approve('acme', id)
    expect(given).toMatchObject({
      status: 'approved',
      answeredBy: { accountId: 'acme', credentialId: null },
    })
    expect(await spending.approvals.read('acme', id)).toEqual(given)
    expect((await site.get(path)).json().answered_by).toEqual({ account_id: 'acme', credential_id: null })
    expect(await spend()).toMatchObject({ decision: 'APPROVE' })
    await expect(spending.approvals.reject('acme', id)).rejects.toThrow('status is approved already')
  })

  test('that is rejected lets nothing through, and is not given afterwards', async () => {
    const site = await openManagement()
    const { post } = site
    const { path, spend } = await asked(site)
    const rejected = (await post(`${path}/reject`)).json()
    expect(rejected).toMatchObject({ status: 'rejected', answered_by: { account_id: 'acme' } })
    expect((await post(`${path}/reject`)).json()).toEqual(rejected)
    expect(refusalOf(await post(`${path}/approve`))).toEqual([
      400,
      'body_invalid',
      'status is rejected already',
    ])
    expect(await spend()).toMatchObject({ decision: 'DECLINE', reason_code: 'APPROVAL_REJECTED' })
  })

  test('is given until it expires, and not in that moment', async () => {
    const site = await openManagement()
    const { post, get, clock } = site
    const late = await asked(site)
    clock.advance(599_999)
    const inTime = await asked(site, 1_300)
    clock.advance(1)
    expect((await get(late.path)).json().status).toBe('expired')
    const over = [400, 'body_invalid', 'status is expired: ask for the spend anew']
    expect(refusalOf(await post(`${late.path}/approve`))).toEqual(over)
    expect(refusalOf(await post(`${late.path}/reject`))).toEqual(over)
    expect((await get(late.path)).json()).toMatchObject({ status: 'expired', answered_by: null })
    clock.advance(599_998)
    expect((await post(`${inTime.path}/approve`)).json()).toMatchObject({ status: 'approved' })
  })

  test('is answered once where both answers come at the same time', async () => {
    const site = await openManagement()
    const { path } = await asked(site)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => site.post(`${path}/${at % 2 === 0 ? 'approve' : 'reject'}`)),
    )
    const told = new Set(answers.filter(({ status }) => status === 200).map((answer) => answer.json().status))
    expect(told.size).toBe(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(5)
  })

  test('of another account does not exist', async () => {
    const site = await openManagement()
    const { get, post, party } = site
    const { path, mandateId } = await asked(site)
    const rival = await party('enterprise', 'rival')
    const unknown = '/v1/approvals/apr_00000000-0000-4000-8000-000000000000'
    expect(wholeOf(await get(path, rival))).toEqual(wholeOf(await get(unknown)))
    for (const verb of ['approve', 'reject']) {
      const answer = await post(`${path}/${verb}`, undefined, rival)
      expect(refusalOf(answer).slice(0, 2)).toEqual([404, 'not_found'])
      expect(wholeOf(answer)).toEqual(wholeOf(await post(`${unknown}/${verb}`)))
    }
    for (const query of ['', `?spending_authority_id=${mandateId}`]) {
      expect((await get(`/v1/approvals${query}`, rival)).json().approvals).toEqual([])
    }
    expect((await get(path)).json().status).toBe('pending')
  })

  test('is listed by what has become of it', async () => {
    const site = await openManagement()
    const { get, post, clock } = site
    const statuses = ['approved', 'rejected', 'pending'] as const
    const expired = await asked(site, 1_100)
    clock.advance(600_000)
    const [approved, rejected, pending] = [
      await asked(site, 1_200),
      await asked(site, 1_300),
      await asked(site, 1_400),
    ]
    await post(`${approved.path}/approve`)
    await post(`${rejected.path}/reject`)
    const ids = { approved: approved.id, rejected: rejected.id, pending: pending.id, expired: expired.id }
    for (const status of [...statuses, 'expired'] as const) {
      const { approvals } = (await get(`/v1/approvals?status=${status}`)).json() as {
        approvals: { approval_id: string; status: string }[]
      }
      expect(approvals.map(({ approval_id, status: told }) => [approval_id, told])).toEqual([
        [ids[status], status],
      ])
    }
    expect(refusalOf(await get('/v1/approvals?status=open'))).toEqual([
      400,
      'body_invalid',
      'status must be one of pending, approved, rejected, expired',
    ])
  })

  test('takes no body with members', async () => {
    const site = await openManagement()
    const { path } = await asked(site)
    expect((await site.post(`${path}/approve`, { amount: 1 })).status).toBe(400)
    expect((await site.get(path)).json().status).toBe('pending')
  })
})
