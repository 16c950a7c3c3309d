import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createRandom, shuffled } from '../random.js'
import type { Figure, Scale, Scenario } from '../scenario.js'
import { formatSummary, ratios, summarize } from '../statistics.js'

const OURS = ['sallyport/express']
const THEIRS = ['jose/jwt/verify', 'lru-cache']
// What a cold start may load of others: what it is compared with, and nothing more.
const ALLOWED = ['jose', 'lru-cache']

const run = promisify(execFile)
const folder = join(import.meta.dirname, '../import')

/** What a cold start pays, in fresh processes. */
export const imports: Scenario = {
  name: 'import',
  async run({ rounds }: Scale): Promise<readonly Figure[]> {
    const random = createRandom()
    const sides = [
      { names: OURS, milliseconds: [] as number[] },
      { names: THEIRS, milliseconds: [] as number[] },
    ] as const
    // The first round reads files that nobody has read since they were written.
    for (let round = -1; round < rounds; round++) {
      for (const { names, milliseconds } of shuffled(sides, random)) {
        const took = await timeImport(names)
        if (round >= 0) milliseconds.push(took)
      }
    }
    const [ours, theirs] = sides.map(({ milliseconds }) => milliseconds) as [number[], number[]]
    const ratio = summarize(ratios(ours, theirs))
    const { files, ownBytes, packages } = await listLoaded(OURS[0] ?? '')
    return [
      {
        what: 'import of sallyport/express over jose/jwt/verify + lru-cache',
        target: '<= 1.60',
        measured: formatSummary(ratio),
        isMet: ratio.median <= 1.6,
        note: `${formatSummary(summarize(ours), 1)} ms over ${formatSummary(summarize(theirs), 1)} ms`,
      },
      {
        what: 'import of sallyport/express: packages that it loads',
        target: 'neither web3.js nor a framework',
        measured: packages.join(', ') || 'none',
        isMet: packages.every((name) => ALLOWED.includes(name)),
        note: `${files} files, ${Math.round(ownBytes / 1_024)} KiB of its own`,
      },
    ]
  },
}

async function timeImport(names: readonly string[]): Promise<number> {
  const { stdout } = await run(process.execPath, [join(folder, 'timed.js'), ...names])
  return Number(stdout)
}

interface Loaded {
  readonly files: number
  /** Of the package itself: what is bundled into it would show here. */
  readonly ownBytes: number
  readonly packages: readonly string[]
}

async function listLoaded(name: string): Promise<Loaded> {
  const { stdout } = await run(process.execPath, [
    '--import',
    join(folder, 'record.js'),
    join(folder, 'loaded.js'),
    name,
  ])
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('node:'))
  const paths = lines.map((line) => (line.startsWith('file:') ? fileURLToPath(line) : line))
  const files = [...new Set(paths)].filter((path) => !path.startsWith(folder))
  const packages = files.flatMap((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
  const own = files.filter((path) => !path.includes('/node_modules/'))
  if (own.length === 0) throw new Error('the recorder saw nothing of the package')
  const ownBytes = own.reduce((sum, path) => sum + statSync(path).size, 0)
  return { files: files.length, ownBytes, packages: [...new Set(packages)].sort() }
}
