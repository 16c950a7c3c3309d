import { Deadline, withDeadline } from '../deadline.js'
import { wrongUsage } from './failure.js'

/** The variables that are read: what is secret has no option. */
export type Variable = 'SALLYPORT_SEALING_KEYS' | 'SALLYPORT_SESSION_SECRETS' | 'SALLYPORT_SHARED_SECRET'

/** The version of Node that this runs on, as in `20.19.0`. */
export const nodeVersion: string = process.versions.node

/** What the command line says behind the program's name. */
export const commandLine: readonly string[] = process.argv.slice(2)

/** A variable of the environment. One that is set to nothing is not set. */
export function variable(name: Variable): string | undefined {
  const value = process.env[name]
  return value === undefined || value.trim() === '' ? undefined : value
}

/** A variable that holds several texts between commas. */
export function listVariable(name: Variable): readonly string[] {
  return splitList(variable(name) ?? '')
}

/** The texts between the commas of a text. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

// Whoever pipes a secret in may be asked for a passphrase first.
const STDIN_TIMEOUT_MS = 60_000
const MAX_STDIN_BYTES = 65_536

/**
 * The one line that is piped in.
 *
 * @param what - Named to a person who has piped nothing in.
 */
export async function readPiped(what: string): Promise<string> {
  if (process.stdin.isTTY) {
    throw wrongUsage(`${what} is not read from a terminal, which would show it: pipe it in`)
  }
  const deadline = new Deadline(STDIN_TIMEOUT_MS)
  const text = await withDeadline(readAll(), STDIN_TIMEOUT_MS, deadline).catch(() => {
    throw wrongUsage(`${what} has not come by stdin`)
  })
  return withoutLineEnd(text)
}

/** A text without the line end that editors and `echo` put behind it. */
export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    length += chunk.length
    if (length > MAX_STDIN_BYTES) throw new Error('there is too much of it')
    chunks.push(Buffer.from(chunk))
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Writes a text and waits until it has been taken. */
export function write(stream: 'stdout' | 'stderr', text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Also told by an event, which would end the process where nobody listened.
    process[stream].once('error', reject)
    process[stream].write(text, (error) => (error ? reject(error) : resolve()))
  })
}

/** Ends the process, whatever is open still: a server that is stuck must not hold up a script. */
export function endProcess(exitCode: number): never {
  process.exit(exitCode)
}
