/**
 * What Sallyport costs. Prints every figure beside its target; the full form writes `bench/RESULTS.md` and the chart.
 * A target that is missed is no failure, a scenario that throws is.
 */
import { Command, Option } from 'commander'
import { writeResults } from './results.js'
import type { Figure, Scale, Scenario } from './scenario.js'
import { scenarios } from './scenarios/index.js'
import { formatTable } from './table.js'

interface Options {
  readonly quick: boolean
  readonly only?: readonly string[]
  readonly write: boolean
}

async function main(): Promise<void> {
  const names = scenarios.map(({ name }) => name)
  const program = new Command('bench')
    .description('Measures what Sallyport costs, beside its peers and beside nothing at all.')
    .option('--quick', 'a rough picture in under two minutes; writes nothing', false)
    .addOption(new Option('--only <scenario...>', 'these alone; writes nothing').choices(names))
    .addOption(new Option('--write', 'write what was measured, however little').default(false).hideHelp())
    .parse()
  const { quick: isQuick, only, write } = program.opts<Options>()
  const scale: Scale = { isQuick, rounds: isQuick ? 7 : 31 }

  const figures: Figure[] = []
  let failures = 0
  for (const scenario of scenarios.filter(({ name }) => only?.includes(name) ?? true)) {
    const outcome = await attempt(scenario, scale)
    if (outcome instanceof Error) failures++
    figures.push(...(outcome instanceof Error ? [failed(scenario, outcome)] : outcome))
  }
  console.log(formatTable(figures))
  const isWhole = !isQuick && only === undefined && failures === 0
  if (isWhole || write) writeResults(figures, scale)
  process.exitCode = failures === 0 ? 0 : 1
}

async function attempt(scenario: Scenario, scale: Scale): Promise<readonly Figure[] | Error> {
  const startedAt = performance.now()
  console.error(`${scenario.name} ...`)
  try {
    return await scenario.run(scale)
  } catch (error) {
    console.error(error)
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    const seconds = (performance.now() - startedAt) / 1_000
    console.error(`${scenario.name} took ${seconds.toFixed(0)} s`)
  }
}

function failed({ name }: Scenario, { message }: Error): Figure {
  return { what: name, measured: `failed: ${message.split('\n', 1)[0]}` }
}

await main()
