import { type Refused, refused } from '../decision.js'

/** The query of a request target, each parameter read as what it must be. */
export interface Query {
  text(name: string): string | undefined
  /** True where it is `true` or `1`, false where it is absent, `false` or `0`. */
  flag(name: string): boolean | Refused
  wholeNumber(name: string, otherwise: number, least: number, most: number): number | Refused
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false }

/** Reads a target's query: a parameter that is not known, or is there twice, is refused and not ignored. */
export function readQuery(target: string, known: readonly string[]): Query | Refused {
  const mark = target.indexOf('?')
  const parameters = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1))
  for (const name of parameters.keys()) {
    if (!known.includes(name)) return invalid(`The query has parameters other than ${known.join(', ')}`)
    if (parameters.getAll(name).length > 1) return invalid(`${name} is there more than once`)
  }
  return {
    text: (name) => parameters.get(name) ?? undefined,
    flag(name) {
      const value = parameters.get(name) ?? 'false'
      return Object.hasOwn(FLAGS, value) ? FLAGS[value] === true : invalid(`${name} must be true or false`)
    },
    wholeNumber(name, otherwise, least, most) {
      const text = parameters.get(name)
      if (text === null) return otherwise
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
      return value >= least && value <= most
        ? value
        : invalid(`${name} must be a whole number from ${least} to ${most}`)
    },
  }
}

function invalid(problem: string): Refused {
  return refused('body_invalid', { problem })
}
