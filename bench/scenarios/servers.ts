import { CONNECTIONS } from '../load.js'
import type { Figure, Scale, Scenario } from '../scenario.js'
import { compare, type Load, type Measured } from '../servers/comparison.js'
import { sides } from '../servers/sides.js'
import { formatSummary, ratios, type Summary, summarize } from '../statistics.js'

/** What a gate may cost over the bare framework. Hono has no adapter: it is there to be seen. */
const TARGETS: Readonly<Record<string, number | undefined>> = {
  Fastify: 1.1,
  Koa: 1.08,
  Express: 1.04,
  Hono: undefined,
}

/** Whole servers under load: CPU time for one request, over the same server without a guard. */
export const servers: Scenario = {
  name: 'servers',
  async run(scale: Scale): Promise<readonly Figure[]> {
    const figures: Figure[] = []
    for (const [framework, target] of Object.entries(TARGETS)) {
      const load = loadOf(scale, framework)
      const measured = await compare(
        sides.filter((side) => side.framework === framework),
        load,
      )
      figures.push(...figuresOf(framework, target, measured, load))
    }
    return figures
  },
}

// Many short rounds: what else a machine does comes and goes, and is to hit both sides of a ratio. Express takes some
// four times as long for a request as the others.
function loadOf({ isQuick, rounds }: Scale, framework: string): Load {
  const share = framework === 'Express' ? 0.5 : 1
  return {
    rounds: isQuick ? rounds : 2 * rounds - 1,
    amount: (isQuick ? 1_200 : 4_000) * share,
    warmUp: (isQuick ? 10_000 : 32_000) * share,
  }
}

interface Row extends Measured {
  readonly ratio: Summary
}

function figuresOf(
  framework: string,
  target: number | undefined,
  measured: readonly Measured[],
  { rounds, amount, warmUp }: Load,
): Figure[] {
  const bare = measured.find(({ side }) => side.role === 'bare')
  if (bare === undefined) throw new RangeError(`no bare server on ${framework}`)
  const guarded: Row[] = measured
    .filter((row) => row !== bare)
    .map((row) => ({ ...row, ratio: summarize(ratios(row.cpuMicroseconds, bare.cpuMicroseconds)) }))
  const load = `${rounds} rounds of ${amount} requests over ${CONNECTIONS} connections after ${warmUp} to warm up; bare: ${absolute(bare)}`
  const [ours, ...rest] = guarded
  const figures = guarded.map(
    (row): Figure => ({
      what: whatOf(framework, row),
      ...(row === ours && target !== undefined && targetOf(row, target)),
      measured: formatSummary(row.ratio),
      note: `${absolute(row)}; ${load}`,
      bars: [{ framework, name: row.side.name, ratio: row.ratio.median, isOurs: row.side.role === 'ours' }],
    }),
  )
  const peers = rest.filter(({ side }) => side.role === 'peer')
  if (ours?.side.role !== 'ours') return figures
  return [...figures, besidePeers(framework, ours, peers)]
}

function whatOf(framework: string, { side }: Row): string {
  const credential = side.presents === 'apiKey' ? 'warm API key' : 'warm JWT'
  const checks = side.role === 'peer' ? side.name : `${credential} + wallet + balance + one policy`
  return `${framework}, CPU per request over bare: ${checks}`
}

function targetOf({ ratio }: Row, target: number): Pick<Figure, 'target' | 'isMet'> {
  return { target: `<= ${target.toFixed(2)}`, isMet: ratio.median <= target }
}

function besidePeers(framework: string, ours: Row, peers: readonly Row[]): Figure {
  const beside = peers.map((peer) => ({
    name: peer.side.name,
    ratio: summarize(ratios(ours.cpuMicroseconds, peer.cpuMicroseconds)),
  }))
  return {
    what: `${framework}, the same beside each peer that only checks a JWT`,
    target: 'cheaper than all',
    measured: beside.map(({ name, ratio }) => `${formatSummary(ratio)} of ${name}`).join('; '),
    isMet: beside.every(({ ratio }) => ratio.median < 1),
  }
}

function absolute({ cpuMicroseconds, requestsPerSecond }: Measured): string {
  const cpu = formatSummary(summarize(cpuMicroseconds), 1)
  return `${cpu} µs, ${Math.round(summarize(requestsPerSecond).median)} requests/s`
}
