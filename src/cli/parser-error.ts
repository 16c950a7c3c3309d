import { CommanderError } from 'commander'
import { describeCause } from '../telemetry/redact.js'
import { wrongUsage } from './failure.js'

/** What became of a command line: a text that was asked for, one that is in place of a command, or an error. */
export type Told = { readonly help: string; readonly isError: boolean } | { readonly error: unknown }

/**
 * Reads what the parser has thrown. It repeats what it does not understand, and that may be a secret that was given where
 * it does not belong.
 *
 * @param said - What the parser has written meanwhile.
 */
export function readParserError(error: unknown, said: string, asJson: boolean): Told {
  if (!(error instanceof CommanderError)) return { error }
  if (error.exitCode === 0) return { help: said, isError: false }
  if (error.code === 'commander.help') {
    return asJson ? { error: wrongUsage('a command is missing; see --help') } : { help: said, isError: true }
  }
  const sentence = error.message.replace(/^error: /, '').replaceAll('\n', ' ')
  const [unknown] = /^unknown option '--?[a-z][a-z-]*/.exec(sentence) ?? []
  const told = unknown === undefined ? describeCause(sentence) : `${unknown}'`
  return { error: wrongUsage(`${told}; see --help`) }
}
