import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawChart } from './chart.js'
import { describeMachine } from './machine.js'
import { root } from './root.js'
import type { Figure, Scale } from './scenario.js'
import { formatMarkdownTable } from './table.js'

const HOW = `- A ratio is taken round by round, both sides in the same round, in an order that changes; the figure is the median of all rounds, with a 95 % interval from their order. A target is met where the median meets it.
- Every server is a process of its own with \`NODE_ENV=production\`, its peers on the same framework beside it; autocannon sends a fixed number of requests to each in turn from another process. CPU per request is the user and system time of the server's process, from the 100th answer of a load to the last, over the requests between. All get as many bytes of header, answer the same JSON, and are tried first: 200 with the credential, and 401 without.
- sallyport's gate there: \`memoryStore()\`, an API key (or a JWT by a shared secret), the wallet header, a balance that is known, and one policy that answers at once; all else at its defaults, counting of usage too.
- Peers check a JWT of the same claims and nothing else. Each is given its secret in the form that it is fastest with: jsonwebtoken and what is built on it take text for a public key first, which is a row of its own.
- In process, an operation gets what an adapter would: a new message with new strings, nine header fields. Its time is CPU time of the whole process, of its other threads too.
- Warm means decided before; cold means that no JWT is seen twice.`

/** Writes `bench/RESULTS.md` and the chart. */
export function writeResults(figures: readonly Figure[], { isQuick }: Scale): void {
  const folder = join(root, 'bench')
  const text = `# What Sallyport costs

\`npm run bench\` measures all of this and writes this file; \`npm run bench -- --quick\` gives a rough picture, \`npm run bench -- --only servers\` one part.

![CPU per request over the bare framework](chart.svg)

${formatMarkdownTable(figures)}

## Where

${describeMachine()
  .map((line) => `- ${line}`)
  .join('\n')}
- ${new Date().toISOString().slice(0, 10)}${isQuick ? ', the quick form: not the figures to go by' : ''}

## How

${HOW}
`
  writeFileSync(join(folder, 'RESULTS.md'), text)
  const bars = figures.flatMap((figure) => figure.bars ?? [])
  if (bars.length > 0) writeFileSync(join(folder, 'chart.svg'), drawChart(bars))
}
