import type { Command } from 'commander'
import { MAX_OVERLAP_SECONDS } from '../credentials/overlap.js'
import { seconds } from './parsers.js'
import type { StoreOptions } from './store-options.js'

/** The options of an exchange. */
export interface RotationOptions extends StoreOptions {
  /** In seconds. */
  readonly overlap?: number
}

/** How long the old one counts where nothing is said. */
export const DEFAULT_OVERLAP_SECONDS = 86_400

/** Adds how long the old one counts beside the new one. */
export function withOverlap(command: Command): Command {
  return command.option(
    '--overlap <time>',
    'how long the old one counts beside the new one, 0 to 30d; one that is older still ends now (default: 1d)',
    seconds(0, MAX_OVERLAP_SECONDS),
  )
}

/** What is said of the old one. */
export function overlapNote(what: string, overlapSeconds: number): string {
  return overlapSeconds === 0
    ? `the old ${what} counts no more`
    : `the old ${what} counts for another ${lengthOf(overlapSeconds)}; any from before it counts no more`
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
]

function lengthOf(wholeSeconds: number): string {
  const [unit, length] = UNITS.find(([, size]) => wholeSeconds % size === 0) ?? ['s', 1]
  return `${wholeSeconds / length}${unit}`
}
