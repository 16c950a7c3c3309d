import type { FieldProblem } from './field-problem.js'

/** The members of an object in a document. */
export type Members = Readonly<Record<string, unknown>>

const MAX_TEXT_LENGTH = 200
const MAX_LIST_LENGTH = 1_000
// An answer that names them all must not be many times as long as the document.
const MAX_PROBLEMS = 1_000
const MAX_SHOWN_NAME_LENGTH = 60
const IDENTIFIER = /^[A-Za-z_]\w{0,59}$/
// A store or a log may cut a text at such a character, or refuse it.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u

/** Reads the values of a document. Where one is wrong it answers `undefined`, and notes what is wrong with which. */
export class DocumentReader {
  readonly #problems: FieldProblem[] = []

  /** Everything that was noted: the first thousand. */
  get problems(): readonly FieldProblem[] {
    return this.#problems
  }

  /** Notes that a member is wrong. */
  note(path: string, problem: string): undefined {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ path, problem })
  }

  /** Whether anything is wrong with a member or with what it holds: what it then lacks says nothing. */
  hasProblemsIn(member: string): boolean {
    return this.#problems.some(
      ({ path }) => path === member || path.startsWith(`${member}.`) || path.startsWith(`${member}[`),
    )
  }

  /** An object with no other members than these. */
  members(value: unknown, path: string, known: readonly string[]): Members | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.note(path, 'must be an object')
    }
    const found: Record<string, unknown> = {}
    for (const [name, member] of Object.entries(value)) {
      if (!known.includes(name)) {
        this.note(memberPath(path, name), `is not a member; known are ${known.join(', ')}`)
      } else if (member === undefined) {
        this.note(memberPath(path, name), 'is undefined: leave it out, or give it a value')
      } else {
        found[name] = member
      }
    }
    return found
  }

  /** A list of at most a thousand. */
  list(value: unknown, path: string): readonly unknown[] | undefined {
    if (!Array.isArray(value)) return this.note(path, 'must be a list')
    if (value.length > MAX_LIST_LENGTH) {
      return this.note(path, `must have at most ${MAX_LIST_LENGTH} entries`)
    }
    return Array.from(value)
  }

  /** A list in which nothing stands twice; what is wrong in it is noted and left out. */
  distinct<T>(
    value: unknown,
    path: string,
    read: (entry: unknown, path: string) => T | undefined,
    keyOf: (entry: T) => string,
  ): readonly T[] | undefined {
    const seen = new Set<string>()
    return this.list(value, path)?.flatMap((entry, at) => {
      const entryPath = `${path}[${at}]`
      const found = read(entry, entryPath)
      if (found === undefined) return []
      const key = keyOf(found)
      if (seen.has(key)) {
        this.note(entryPath, 'is there twice')
        return []
      }
      seen.add(key)
      return [found]
    })
  }

  /** A text of 1 to 200 characters that can be shown. */
  text(value: unknown, path: string): string | undefined {
    const isText =
      typeof value === 'string' &&
      value.length <= MAX_TEXT_LENGTH &&
      value.trim() !== '' &&
      !UNPRINTABLE.test(value)
    return isText
      ? value
      : this.note(
          path,
          `must be a text of 1 to ${MAX_TEXT_LENGTH} characters, none of them a control character`,
        )
  }

  /** A whole number. */
  whole(value: unknown, path: string, least: number, most: number): number | undefined {
    const isWhole = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
    return isWhole ? value : this.note(path, `must be a whole number from ${least} to ${most}`)
  }

  /** One of some texts. */
  oneOf<T extends string>(value: unknown, path: string, known: readonly T[]): T | undefined {
    const found = known.find((text) => text === value)
    return found ?? this.note(path, `must be one of ${known.join(', ')}`)
  }
}

function memberPath(path: string, name: string): string {
  if (!IDENTIFIER.test(name)) {
    return `${path}[${JSON.stringify(name.slice(0, MAX_SHOWN_NAME_LENGTH))}]`
  }
  return path === '' ? name : `${path}.${name}`
}
