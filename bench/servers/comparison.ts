import { type Child, startChild } from '../child.js'
import { sendLoad } from '../load.js'
import { createRandom, shuffled } from '../random.js'
import type { Started } from './process.js'
import { PATH, type Side } from './side.js'
import type { Usage } from './window.js'

/** How much is sent to each server. */
export interface Load {
  readonly rounds: number
  /** Requests in a round. */
  readonly amount: number
  /** Requests before the first round, which count for nothing: until then code is still being compiled. */
  readonly warmUp: number
}

/** What one server took, round by round. */
export interface Measured {
  readonly side: Side
  /** User and system time of the server's process, for one request. */
  readonly cpuMicroseconds: readonly number[]
  readonly requestsPerSecond: readonly number[]
}

interface Running {
  readonly side: Side
  readonly child: Child
  readonly url: string
  readonly fields: Started['fields']
}

/** Runs servers beside one another and loads them in turn, every round in another order. */
export async function compare(sides: readonly Side[], { rounds, amount, warmUp }: Load): Promise<Measured[]> {
  const random = createRandom()
  const children: Child[] = []
  try {
    const servers: Running[] = []
    for (const side of sides) {
      const child = startChild('servers/process.js', [side.framework, side.name])
      children.push(child)
      const { port, fields } = await child.ask<Started>('start')
      servers.push({ side, child, url: `http://127.0.0.1:${port}${PATH}`, fields })
    }
    for (const server of servers) {
      await check(server)
      await sendLoad(server.url, server.fields, warmUp)
    }
    const measured = servers.map(({ side }) => ({
      side,
      cpuMicroseconds: [] as number[],
      requestsPerSecond: [] as number[],
    }))
    for (let round = 0; round < rounds; round++) {
      for (const { side, child, url, fields } of shuffled(servers, random)) {
        await child.ask('watch', amount)
        const seconds = await sendLoad(url, fields, amount)
        const { cpuMicroseconds, requests } = await child.ask<Usage>('usage')
        const row = measured.find((candidate) => candidate.side === side)
        row?.cpuMicroseconds.push(cpuMicroseconds / requests)
        row?.requestsPerSecond.push(amount / seconds)
      }
    }
    return measured
  } finally {
    for (const child of children) await child.stop()
  }
}

/** A guard that lets everybody in, or nobody, is cheap: each must do what it is there for. */
async function check({ side, url, fields }: Running): Promise<void> {
  const { authorization: _authorization, ...anonymous } = fields
  const expected = [200, side.role === 'bare' ? 200 : 401]
  const answers = [await fetch(url, { headers: fields }), await fetch(url, { headers: anonymous })]
  const statuses = answers.map(({ status }) => status)
  for (const answer of answers) await answer.body?.cancel()
  if (String(statuses) !== String(expected)) {
    throw new Error(`${side.name} on ${side.framework} answered ${statuses}, not ${expected}`)
  }
}
