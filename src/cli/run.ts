import type { Command } from 'commander'
import { endProcess } from './environment.js'
import { type Outcome, writeOutcome } from './output.js'

/** One call of a command. */
export interface Task<Options> {
  readonly options: Options
  /** What stands on the command line beside the options. */
  readonly operands: readonly string[]
  /** Whether an option was given on the command line, where others on this machine can read it. */
  isFromCommandLine(option: string): boolean
  /** Has something closed once the outcome has been written. */
  closeLater(close: () => Promise<void>): void
}

/** Makes a command do its work, write the outcome, and only then let go of what it has opened. */
export function runs<Options>(command: Command, work: (task: Task<Options>) => Promise<Outcome>): void {
  command.action(async () => {
    const closers: (() => Promise<void>)[] = []
    const { json, ...options } = command.optsWithGlobals<Options & { readonly json?: true }>()
    let exitCode: number
    try {
      const outcome = await work({
        options: options as Options,
        operands: command.args,
        isFromCommandLine: (option) => command.getOptionValueSource(option) === 'cli',
        closeLater: (close) => closers.push(close),
      })
      // A secret that is shown once must not wait for a server that does not hang up.
      await writeOutcome(outcome, json === true)
      exitCode = outcome.exitCode ?? 0
    } finally {
      await Promise.all(closers.map((close) => close()))
    }
    endProcess(exitCode)
  })
}
