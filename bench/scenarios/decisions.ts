import { startChild } from '../child.js'
import { COLD, FAST_JWT_CACHE, GARBAGE, JOSE, LIMIT, OTHERS, RENDERED, WARM } from '../decisions/names.js'
import type { Timings } from '../decisions/rounds.js'
import type { Figure, Scale, Scenario } from '../scenario.js'
import { formatSummary, ratios, type Summary, summarize } from '../statistics.js'

/** Decisions in process, without a server around them: over what no check can do without, and beside peers. */
export const decisions: Scenario = {
  name: 'decisions',
  async run({ rounds, isQuick }: Scale): Promise<readonly Figure[]> {
    const child = startChild('decisions/process.js', [String(rounds), isQuick ? 'quick' : 'full'])
    try {
      return figuresOf(await child.ask<Timings>('time'))
    } finally {
      await child.stop()
    }
  },
}

function figuresOf(timings: Timings): Figure[] {
  const over = (name: string, base: string) => summarize(ratios(of(timings, name), of(timings, base)))
  const noteOf = (...names: readonly string[]) => names.map((name) => absolute(timings, name)).join(', ')
  const credentials = ['apiKey', 'token'] as const
  return [
    ...credentials.map((credential) => {
      const [warm, limit] = [WARM[credential], LIMIT[credential]]
      return atMost(
        `${warm} in process over one hash and one lookup`,
        2.5,
        over(warm, limit),
        noteOf(warm, limit),
      )
    }),
    ...credentials.map((credential): Figure => {
      const warm = WARM[credential]
      const ratio = over(JOSE, warm)
      return {
        what: `${warm} in process: times faster than jose's HS256 verify`,
        target: '>= 25',
        measured: formatSummary(ratio, 1),
        isMet: ratio.median >= 25,
        note: noteOf(JOSE),
      }
    }),
    ...credentials.map((credential) => {
      const warm = WARM[credential]
      return atMost(
        `${warm} in process over fast-jwt's cache alone`,
        1,
        over(warm, FAST_JWT_CACHE),
        noteOf(FAST_JWT_CACHE),
      )
    }),
    ...OTHERS.map(
      (other): Figure => ({
        what: `${WARM.token} in process: times faster than ${other}`,
        measured: formatSummary(over(other, WARM.token), 1),
        note: noteOf(other),
      }),
    ),
    atMost(
      "cold shared-secret JWT over jose's verify with an imported key",
      1.25,
      over(COLD.ours, COLD.jose),
      noteOf(COLD.ours, COLD.jose),
    ),
    ...GARBAGE.map((kind): Figure => {
      const ratio = over(kind, WARM.apiKey)
      return {
        what: `refusal of garbage over a warm allow: ${kind}`,
        target: '< 1',
        measured: formatSummary(ratio),
        isMet: ratio.median < 1,
        note: noteOf(kind),
      }
    }),
    {
      what: `refusal of garbage over a warm allow: ${RENDERED}`,
      measured: formatSummary(over(RENDERED, WARM.apiKey)),
      note: noteOf(RENDERED),
    },
  ]
}

function atMost(what: string, target: number, ratio: Summary, note: string): Figure {
  const isMet = ratio.median <= target
  return { what, target: `<= ${target.toFixed(2)}`, measured: formatSummary(ratio), isMet, note }
}

function of(timings: Timings, name: string): readonly number[] {
  return timings[name] ?? []
}

function absolute(timings: Timings, name: string): string {
  return `${name} ${formatSummary(summarize(of(timings, name)))} µs`
}
