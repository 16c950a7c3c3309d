import { installMissing, startPostgres, startRedis } from '@sallyport/servers'
import { type Child, startChild } from '../child.js'
import type { Figure, Scale, Scenario } from '../scenario.js'
import { AGENTS, type Load, type LoadReport, type Place, type Service } from '../spending/names.js'

const MOST_P99_MS = 50
const PER_SECOND = 100
const CONNECTIONS = 16

/** What an authorization takes over a database that keeps what it acknowledges, with a thousand agents under load. */
export const spending: Scenario = {
  name: 'spending',
  async run(scale: Scale): Promise<readonly Figure[]> {
    const servers = await installMissing()
    const figures: Figure[] = []
    for (const [kind, start] of [
      ['postgres', startPostgres],
      ['redis', startRedis],
    ] as const) {
      const server = await start({ servers })
      try {
        figures.push(...(await measure({ kind, url: server.url }, scale)))
      } finally {
        await server.close()
      }
    }
    return figures
  },
}

const NAMES = {
  postgres: 'PostgreSQL, fsync on',
  redis: 'Redis, appendfsync always',
} as const

async function measure(place: Place, { isQuick }: Scale): Promise<readonly Figure[]> {
  const service = startChild('spending/service.js')
  const traffic = startChild('spending/traffic.js')
  try {
    const opened = await service.ask<Service>('open', place)
    const seconds = isQuick ? 5 : 30
    const paced = await send(traffic, opened, PER_SECOND, seconds * PER_SECOND)
    const fastest = await send(traffic, opened, null, isQuick ? 1_000 : 10_000)
    const name = NAMES[place.kind]
    return [
      {
        what: `POST /v1/authorize, ${AGENTS.toLocaleString('en')} agents, ${PER_SECOND} a second: p99 (${name})`,
        target: `< ${MOST_P99_MS} ms`,
        measured: `${paced.p99Ms.toFixed(1)} ms`,
        isMet: paced.p99Ms < MOST_P99_MS,
        note: `p50 ${paced.p50Ms.toFixed(1)} ms, from when each was due, over ${seconds} s; four limits each; server, database and callers share the machine`,
      },
      {
        what: `POST /v1/authorize, as fast as ${CONNECTIONS} connections can: a second, one instance (${name})`,
        measured: (fastest.approved / fastest.seconds).toFixed(0),
        note: `p50 ${fastest.p50Ms.toFixed(1)} ms, p99 ${fastest.p99Ms.toFixed(1)} ms`,
      },
    ]
  } finally {
    await Promise.all([service.stop(), traffic.stop()])
  }
}

async function send(
  traffic: Child,
  service: Service,
  perSecond: number | null,
  requests: number,
): Promise<LoadReport> {
  const load: Load = { service, perSecond, requests, connections: CONNECTIONS }
  const report = await traffic.ask<LoadReport>('send', load)
  if (report.approved !== requests) throw new Error(`${report.approved} of ${requests} were approved`)
  return report
}
