import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../registry.js'
import { type RawResponse, send } from '../support/http.js'
import { comparable } from './adapter/comparable.js'
import { type WireCase, wireCases, wireGates } from './adapter/wire-cases.js'
import { createWorld, SECRET_CAUSE } from './adapter/world.js'
import type { RunningApp } from './adapter-contract.js'

const harnesses = Object.values(adapters).flat()
const world = await createWorld()
const cases = await wireCases(world)
const apps: RunningApp[] = []

beforeAll(async () => {
  const routes = Object.entries(wireGates(world)).map(([path, require]) => ({
    path,
    guards: [{ require }],
  }))
  for (const harness of harnesses) apps.push(await harness.start({ routes }))
})
afterAll(() => Promise.all(apps.map((app) => app.close())))

describe.each(cases)('$situation', (wireCase) => {
  test('is answered as the contract says', async () => {
    const [answer] = await askAll(wireCase, 'GET')
    if (answer === undefined) throw new Error('no adapter is registered')
    const { status, body, challenge } = wireCase
    expect(answer.json()).toMatchObject({ status, ...body })
    expect(Object.keys(answer.json())).toEqual(
      expect.arrayContaining(['type', 'title', 'detail', 'retryable']),
    )
    expect(answer.json().decision_id).toMatch(/^[0-9a-f-]{36}$/)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('www-authenticate')).toBe(challenge)
    expect(answer.headers.get('retry-after')).toEqual(
      status === 503 ? expect.stringMatching(/^\d+$/) : undefined,
    )
  })

  test.each(['GET', 'HEAD'])('is answered alike by every major on %s', async (method) => {
    const [first, ...others] = (await askAll(wireCase, method)).map(comparable)
    expect(others).toHaveLength(harnesses.length - 1)
    for (const other of others) expect(other).toEqual(first)
  })

  test('is answered without a cause, a credential or a stack', async () => {
    for (const { body, headers } of await askAll(wireCase, 'GET')) {
      const text = `${body} ${JSON.stringify([...headers])}`
      for (const secret of [SECRET_CAUSE, 'hunter2', 'acto_', 'sec_', 'eyJ', '.ts:', '    at ']) {
        expect(text).not.toContain(secret)
      }
    }
  })
})

test('all of which no handler and no error handler has seen', () => {
  for (const { ran, errors } of apps) {
    expect(ran.filter((name) => name !== 'GET /once')).toEqual([])
    expect(errors).toEqual([])
  }
})

async function askAll({ request, times = 1, outage }: WireCase, method: string): Promise<RawResponse[]> {
  if (outage === true) world.balances.fault = () => Promise.reject(new Error(SECRET_CAUSE))
  try {
    return await Promise.all(
      apps.map(async ({ origin }) => {
        const asked = { method, ...(await request()) }
        for (let sent = 1; sent < times; sent++) await send(origin, asked)
        return send(origin, asked)
      }),
    )
  } finally {
    world.balances.fault = undefined
  }
}
