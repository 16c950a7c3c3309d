/** The real program, run as a child process, and the stores that it works on. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished } from 'vitest'

/** What `npx sallyport` runs. */
export const program: string = fileURLToPath(new URL('../../dist/js/cli.js', import.meta.url))

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What stdout holds, read as one JSON object. */
  json(): Record<string, unknown>
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Piped in, and the pipe closed. Default nothing. */
  readonly stdin?: string
  /** Run in place of the built program. */
  readonly file?: string
}

/** Keys of 32 random bytes in base64, as `createSealer` takes them. */
export const newKey = (): string => randomBytes(32).toString('base64')

/** Runs the program with nothing of this process's environment but the way to its programs. */
export function sallyport(
  args: readonly string[],
  { env = {}, stdin = '', file = program }: RunOptions = {},
) {
  if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build first`)
  return new Promise<Run>((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { env: { PATH: process.env.PATH, ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) }))
    // A program that reads nothing of it may have ended before.
    child.stdin.on('error', () => undefined)
    child.stdin.end(stdin)
  })
}

/** A folder that is gone after the tests of this file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs the program on one store. */
export type RunOn = (args: readonly string[], options?: RunOptions) => Promise<Run>

/** The program on a store that is named in the environment. */
export function runOn(url: string, sealingKeys: string, more: Readonly<Record<string, string>> = {}): RunOn {
  return (args, { env, ...options } = {}) =>
    sallyport(args, {
      ...options,
      env: { SALLYPORT_STORE: url, SALLYPORT_SEALING_KEYS: sealingKeys, ...more, ...env },
    })
}

/** The program on a new SQLite file. */
export function runOnFile(): RunOn {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return runOn(`sqlite:${join(folder, 'store.db')}`, newKey())
}

/** The member of an answer, which is a text. */
export function textIn(run: Run, member: string): string {
  const value = run.json()[member]
  if (typeof value !== 'string') throw new Error(`no ${member} in ${run.stdout}${run.stderr}`)
  return value
}
