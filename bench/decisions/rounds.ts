import { setImmediate as turn } from 'node:timers/promises'
import { createRandom, shuffled } from '../random.js'
import type { Subject } from './subject.js'

/**
 * CPU time of the whole process for one operation, in microseconds, round by round, by the subject's name. On a machine
 * with nothing else to do it is the time that passes; on any other it is steadier.
 */
export type Timings = Readonly<Record<string, readonly number[]>>

/**
 * What is made ready for a section is garbage after it: few enough that a collection in its midst has little to keep,
 * as on a server, where a request is gone when the next ones come.
 */
const SECTION = 250

/** Times subjects beside one another, every round in another order. The first rounds count for nothing. */
export async function timeRounds(
  subjects: readonly Subject[],
  { rounds, warmUps }: { readonly rounds: number; readonly warmUps: number },
): Promise<Timings> {
  const random = createRandom()
  const timings = new Map(subjects.map(({ name }) => [name, [] as number[]]))
  for (let round = -warmUps; round < rounds; round++) {
    for (const subject of shuffled(subjects, random)) {
      const microseconds = await timeRound(subject)
      if (round >= 0) timings.get(subject.name)?.push(microseconds)
    }
  }
  return Object.fromEntries(timings)
}

async function timeRound(subject: Subject): Promise<number> {
  let total = 0
  for (let done = 0; done < subject.operations; done += SECTION) {
    // Timers and what is written behind have their turn here, and not in the time of the next.
    await turn()
    const run = await subject.prepare(Math.min(SECTION, subject.operations - done))
    const before = process.cpuUsage()
    const running = run()
    if (running !== undefined) await running
    const { user, system } = process.cpuUsage(before)
    total += user + system
  }
  return total / subject.operations
}
