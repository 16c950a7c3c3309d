import express from 'express'
import { apiKey, createGate, type GateOptions, type Limits, sharedSecretJwt } from 'sallyport'
import { requireAccess } from 'sallyport/express'
import { memoryStore } from 'sallyport/stores/memory'
import { expect, onTestFinished } from 'vitest'
import { createJournal, listen } from '../harness/adapters/listen.js'
import { type RawResponse, send } from '../support/http.js'
import { bearer } from '../support/requests.js'

/** A key of the right form that nobody was given. */
export const UNKNOWN_KEY = `sk_${'z'.repeat(43)}`

export interface LimitedApp {
  readonly origin: string
  /** A key of the account, in a store that all instances made from this one share. */
  keyFor(accountId: string): Promise<string>
  /** Asks for `target` with a key, or without a credential, from `ip`: this app trusts its proxy. */
  ask(key?: string, options?: { readonly ip?: string; readonly target?: string }): Promise<RawResponse>
  /** One more instance with limits of its own. */
  another(limits: Limits): Promise<LimitedApp>
}

/** An Express app behind a gate with limits: `/` has one guard, `/stacked` three. */
export async function startApp(
  limits: Limits,
  options: Partial<GateOptions> = {},
  store = memoryStore(),
): Promise<LimitedApp> {
  const gate = createGate({ store, methods: [apiKey(), sharedSecretJwt()], limits, ...options })
  const app = express()
  app.set('trust proxy', true)
  app.get('/', requireAccess(gate), (_req, res) => void res.json({ reached: true }))
  const inner = [requireAccess(gate), requireAccess(gate.with({ scopes: [] }))]
  app.get('/stacked', requireAccess(gate), ...inner, (_req, res) => void res.json({ reached: true }))
  const { origin, close } = await listen(app, createJournal())
  onTestFinished(close)
  return {
    origin,
    keyFor: async (accountId) => (await store.issueApiKey({ accountId })).key,
    ask(key, { ip, target = '/' } = {}) {
      const headers = key === undefined ? [] : [bearer(key)]
      return send(origin, {
        target,
        headers: ip === undefined ? headers : [...headers, ['X-Forwarded-For', ip]],
      })
    },
    another: (others) => startApp(others, options, store),
  }
}

/** What every answer about an exceeded limit has in common. */
export function expectLimited({ status, headers, json }: RawResponse, longestSeconds: number): void {
  expect(status).toBe(429)
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json\b/)
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(longestSeconds)
  expect(headers.has('www-authenticate')).toBe(false)
  expect(json()).toMatchObject({ status: 429, code: 'rate_limited', retryable: true })
}
