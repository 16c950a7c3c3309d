import { write } from './environment.js'
import { Failure } from './failure.js'

/** What a command answers. */
export interface Outcome {
  /** All of it, where `--json` is given. */
  readonly json: Readonly<Record<string, unknown>>
  /** For stdout otherwise: what the next program in a pipe wants, and nothing else. */
  readonly lines: readonly string[]
  /** For stderr then: what a person wants to know. Nothing secret. */
  readonly notes?: readonly string[]
  /** Default 0. */
  readonly exitCode?: 0 | 1
}

/** Writes what a command answers. */
export async function writeOutcome({ json, lines, notes = [] }: Outcome, asJson: boolean): Promise<void> {
  // First, so that who reads them knows what is about to be shown once.
  if (!asJson) for (const note of notes) await writeNote(note)
  const text = asJson ? `${JSON.stringify(json)}\n` : lines.map((line) => `${line}\n`).join('')
  if (text === '') return
  try {
    await write('stdout', text)
  } catch (cause) {
    throw new Failure('output_failed', 'the answer could not be written to stdout', { cause })
  }
}

/** Writes why a command did not do it: with `--json` to stdout, where the answer would be. */
export async function writeFailure({ code, message }: Failure, asJson: boolean): Promise<void> {
  const isLost = code === 'output_failed'
  if (asJson && !isLost) await write('stdout', `${JSON.stringify({ error: { code, message } })}\n`)
  else await writeNote(`error: ${message}`)
}

/** Writes a line to stderr. Where nobody reads that, nothing is lost. */
export async function writeNote(line: string): Promise<void> {
  await write('stderr', `${line}\n`).catch(() => undefined)
}
