import { expect } from 'vitest'
import { type Run, type RunOptions, sallyport } from './kit.js'

export interface Finding {
  readonly name: string
  readonly status: string
  readonly detail: string
  readonly remedy: string | null
}

/** 32 random bytes, as a careful operator has them. */
export const SESSION_SECRET = '3q2+78oYt0mJw5Xc1nVbZrLkPfGhSdTaUeIyQoWx9vM='
export const ORIGIN = 'https://api.shop.example'

/** What the doctor finds. Its exit code and its own summary must agree with it. */
export async function diagnose(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  options: Omit<RunOptions, 'env'> = {},
): Promise<{ readonly run: Run; readonly of: (name: string) => readonly Finding[] }> {
  const run = await sallyport(['doctor', '--json', ...args], { ...options, env })
  const { ok, checks } = run.json() as { ok: boolean; checks: readonly Finding[] }
  expect(ok).toBe(checks.every(({ status }) => status !== 'problem'))
  expect(run.code).toBe(ok ? 0 : 1)
  for (const { status, detail, remedy } of checks) {
    expect(detail).not.toBe('')
    expect(remedy === null).toBe(status === 'ok')
  }
  return { run, of: (name) => checks.filter((check) => check.name === name) }
}
