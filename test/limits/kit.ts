import type { CallOptions } from 'sallyport'
import type { LimitKind, Limits, LimitVerdict } from 'sallyport/limits'
import { describe, onTestFinished, vi } from 'vitest'
import { describeWithServer } from '../support/servers.js'
import type { LimitsFixture, LimitsHarness } from './harness.js'

/** As long as a condition is waited for. */
export const eventually = { timeout: 10_000, interval: 20 }

/** The options of a call that is never given up. */
export const patient: CallOptions = { signal: new AbortController().signal }

/** One more, for whom nothing else matters. */
export function take(limits: Limits, key = 'acme', kind: LimitKind = 'account'): Promise<LimitVerdict> {
  return Promise.resolve(limits.take(kind, key, patient))
}

/** So many at once: how many of them pass. */
export async function passing(count: number, ask: (at: number) => Promise<LimitVerdict>): Promise<number> {
  const verdicts = await Promise.all(Array.from({ length: count }, (_, at) => ask(at)))
  return verdicts.filter(({ allowed }) => allowed).length
}

/** A place for counts that is gone after the test. */
export async function openFixture(harness: LimitsHarness): Promise<LimitsFixture> {
  const fixture = await harness.open()
  onTestFinished(async () => {
    await fixture.close()
  })
  return fixture
}

/** Steps the wall clock of this process, as an operator would; it goes on from there. */
export function stepWallClock(ms: number): void {
  const now = Date.now.bind(Date)
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() + ms)
  onTestFinished(() => spy.mockRestore())
}

/** `describe` for a backend, where this run has its server. */
export function describeBackend({ name, server }: LimitsHarness, tests: () => void): void {
  if (server === undefined) describe(name, tests)
  else describeWithServer(name, server, tests)
}
